"""What all queries have in common, to be taken away from each of them.

The vectors of the e5 models point almost the same way: their cosines lie between 0.88 and 0.94, and the part they share
says "a short query in this language" rather than what it is about. Subtracting the mean of many broad queries of the
same language leaves what is special. These texts cover the fields of knowledge; the mean hardly depends on the choice.
"""

from __future__ import annotations

_VIETNAMESE = (
    "toán học và thống kê",
    "khoa học máy tính và thông tin",
    "vật lý, cơ học, thiên văn",
    "hóa học và vật liệu",
    "khoa học trái đất và môi trường",
    "sinh học và đa dạng sinh học",
    "xây dựng và kiến trúc",
    "kỹ thuật điện, điện tử",
    "cơ khí và chế tạo máy",
    "giao thông và logistics",
    "năng lượng",
    "công nghệ thực phẩm",
    "y học lâm sàng",
    "dược học và y tế công cộng",
    "trồng trọt và bảo vệ thực vật",
    "chăn nuôi, thú y",
    "thủy sản",
    "lâm nghiệp",
    "kinh tế, tài chính, ngân hàng",
    "luật và hành chính công",
    "giáo dục và đào tạo",
    "xã hội học, tâm lý học",
    "lịch sử, khảo cổ, văn hóa",
    "ngôn ngữ và văn học",
    "du lịch và dịch vụ",
    "người có kinh nghiệm về quy hoạch và quản lý",
)
_OTHER = (
    "mathematics and statistics",
    "computer and information sciences",
    "physics, mechanics, astronomy",
    "chemistry and materials",
    "earth and environmental sciences",
    "biology and biodiversity",
    "civil engineering and architecture",
    "electrical and electronic engineering",
    "mechanical engineering and manufacturing",
    "transport and logistics",
    "energy",
    "food technology",
    "clinical medicine",
    "pharmacy and public health",
    "crop production and plant protection",
    "animal husbandry, veterinary science",
    "fisheries and aquaculture",
    "forestry",
    "economics, finance, banking",
    "law and public administration",
    "education and training",
    "sociology, psychology",
    "history, archaeology, culture",
    "languages and literature",
    "tourism and services",
    "someone experienced in planning and management",
)

BROAD_SUBJECTS: dict[str, tuple[str, ...]] = {"vi": _VIETNAMESE, "other": _OTHER}
