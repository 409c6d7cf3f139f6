"""Words of a text as the matcher counts them: folded syllables of Vietnamese, stems of English, and pairs of both.

Pairs of neighbouring syllables stand in for Vietnamese word segmentation.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from search.vietnamese import fold

_TOKEN = re.compile(r"\d[\w.]*(?:/[\w.-]+)+|\w+", re.UNICODE)
_MARKED = re.compile(r"[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]")

# Syllables and words that join others and name nothing.
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """va cua cac cho voi la co duoc trong ngoai tren duoi den tu theo nhu de do boi tai ve thi ma nay nhung mot hai
    ba bon nam khi neu vi nen cung da dang se con rat hon it nhieu moi moi tung khong chua phai can bang qua sau truoc
    giua gom bao cac nhat la hay hoac ca so thu nhom muc diem khoan dieu phan chuong ngay thang ty trieu dong ha km
    gia doan the of and in for a an to on with from by as at or is are was be its their our we this that these
    those it which
    has have been using use used into between under over not but than can may also such other more most both i
    he she they his her who how what when where why all any each no nor so if then there here about after before
    during through per via toward towards within without across et al ba ong""",
    )
)


# Phrases of all official papers and of many titles: they say little of what a text is about.
GENERAL_PHRASES = tuple(
    re.split(
        r";\s+",
        """phát triển; phát triển bền vững; bền vững; toàn diện; kinh tế; xã hội; kinh tế xã hội; nâng cao; thực hiện;
        triển khai; xây dựng; quản lý; quy mô; chất lượng; hiệu quả; giải pháp; nhiệm vụ; mục tiêu; định hướng;
        tầm nhìn; nghiên cứu; đánh giá; ứng dụng; hoạt động; chính sách; cơ chế; thực trạng; tiềm năng; lợi thế;
        cơ hội; thách thức; tăng cường; đẩy mạnh; góp phần; tổ chức; thực tiễn; lĩnh vực; địa phương; trên địa bàn;
        cấp tỉnh; nhân dân; người dân; cộng đồng; doanh nghiệp; nhà nước; chính quyền; khu vực; đất nước; hành động;
        chương trình; kế hoạch; dự án; đề án; tư duy; đổi mới; hội nhập; hợp tác; liên kết; chuyển đổi; chuyển đổi số;
        nguồn lực; năng lực; trách nhiệm; vai trò; điều kiện; yêu cầu; đáp ứng; phù hợp; bảo đảm; đảm bảo; quan trọng;
        chủ yếu; sử dụng; khai thác; hỗ trợ; tham gia; quy trình; hệ thống; mô hình; kinh nghiệm; bài học; việt nam;
        đồng bằng; tăng trưởng; năng suất; sản lượng; thu nhập; kỹ thuật; công nghệ; khoa học; số liệu; trường hợp;
        giai đoạn; quốc gia; quốc tế; toàn cầu; an toàn; kiểm soát; phòng chống; bảo vệ; dịch vụ; sản xuất; nguy cơ;
        rủi ro; chăm sóc; môi trường""",
    )
)
GENERAL_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        """sustainable development management policy strategy approach case assessment system economic social community
    local national regional vietnam study analysis impact challenge opportunity implementation capacity sustainability
    effective quality model experience lesson safety risk control service protection""",
    )
)


@lru_cache(maxsize=1)
def general_words() -> frozenset[str]:
    """What `counted_words` makes of these; of Vietnamese phrases the pairs alone: "kinh" and "tế" stand in many telling
    words."""
    pairs = (word for phrase in GENERAL_PHRASES for word in counted_words(phrase) if " " in word)
    return GENERAL_ENGLISH.union(pairs)


def spelled_words(text: str) -> list[str]:
    """Words in lower case with their marks, in order."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The folded word; an English plural loses its ending (no Vietnamese syllable ends in s)."""
    folded = fold(word)
    if len(folded) > 4 and folded.endswith("ies"):
        return folded[:-3] + "y"
    if len(folded) > 3 and folded.endswith("s") and not folded.endswith(("ss", "us", "is")):
        return folded[:-1]
    return folded


def stems(text: str) -> list[str]:
    return [stem(word) for word in spelled_words(text)]


def counted_words(text: str) -> list[str]:
    """What tf-idf counts: stems without joining words and bare numbers, and pairs of neighbours."""
    words = [word for word in stems(text) if not word.isdigit()]
    pairs = [f"{a} {b}" for a, b in pairwise(words) if a not in STOP_WORDS or b not in STOP_WORDS]
    return [word for word in words if word not in STOP_WORDS] + pairs


@lru_cache(maxsize=65536)
def language_of(text: str) -> str:
    """ "vi", "en", or "vi-plain" (Vietnamese typed without marks); short texts without a sign count as English."""
    words = spelled_words(text)
    letters = [word for word in words if not word.isdigit()]
    if not letters:
        return "vi"
    if sum(bool(_MARKED.search(word)) for word in letters) >= max(1, 0.2 * len(letters)):
        return "vi"
    long_or_joining = sum(len(word) >= 7 or word in _ENGLISH_JOINING for word in letters)
    return "en" if long_or_joining >= 0.25 * len(letters) else "vi-plain"


_ENGLISH_JOINING = frozenset(
    re.findall(r"\w+", "the of and in for an to on with from by as at or is are was under between into")
)
