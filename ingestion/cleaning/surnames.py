"""Family names of Vietnam: Kinh, Hoa, Khmer, Cham and others, and how to recognise one with or without its marks."""

from __future__ import annotations

from ingestion.cleaning.text import fold

_SURNAMES = """
Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Lí Ân An Âu Bá Bạch Bàng Bành Bao Bế
Biện Bồ Bồi Ca Cái Cam Cấn Cao Cát Cầm Chau Châu Chế Chiêm Chu Chử Chúc Chung Chương Cổ Công Cù Cung Cự Danh
Diêm Diệp Doãn Dư Dụng Đái Đàm Đan Đào Đầu Đậu Đèo Đê Điền Điểu Điêu Đinh Đoàn Đồ Đôn Đồng Đổng Đới Đường Đức
Giả Giang Giao Giáp Hà Hạ Hán Hàn Hàng Hầu Hình Hoa Hoắc Hồng Hứa Hùng Hướng Hữu Kha Khà Khai Khâu Khiếu Khổng
Khuất Khúc Khương Khưu Kiên Kiều Kiềm Kim Kỷ Kỳ La Lã Lạc Lại Lam Lâm Lầu Lăng Lầm Liên Liêu Liễu Lò Lô Lỗ Lộ
Lộc Lôi Lù Lục Lư Lữ Luân Lương Lưu Lường Ma Mã Mạc Mạch Mai Man Mang Mạnh Mẫn Mâu Mẫu Mo Mùa Mục Nghê Nghị
Nghiêm Nghiên Ngạc Ngạn Ngân Ngọ Ngũ Nguỵ Ngụy Nhạc Nhan Nhâm Nhiêu Nhữ Ninh Nông Ong Ông Phí Phó Phù Phùng
Phương Quách Quan Quàng Quản Quảng Quế Quyền Sa Sái Sâm Sầm Sâu Sơn Sùng Sử Tạ Tạc Tăng Tào Tất Tầm Tấn Tề
Thạch Thái Thẩm Thân Thang Thào Thất Thi Thị Thiều Thịnh Thiệu Thôi Thoòng Tiêu Tiết Tiền Tiếu Tô Tôn Tống
Tòng Trà Trác Trang Tráng Trầm Trì Triệu Trình Trịnh Trưng Trương Từ Tưởng Ty Tỷ Ứng Ung Uông Ủng Vàng Vạn Văn
Vân Vi Viên Viêm Vĩnh Vu Vừ Vương Vưu Vòng Xà Xa Xìn Xồng Y Yên Neáng Néang Neang Chanh Sóc Men Mohamad Mách
Ysa Rah Rcom Ksor Siu Nay Kpă Niê Hmok Mlô Êban Ayun
"""
_COMPOUND = ("Âu Dương", "Tôn Nữ", "Tôn Thất", "Công Tằng Tôn Nữ", "Công Huyền Tôn Nữ", "Tư Mã", "Đoàn Nguyễn")
_MIDDLE_ONLY = {
    "thi",
    "van",
    "huu",
    "duc",
    "ba",
    "y",
    "an",
    "hung",
    "ngan",
    "lien",
}  # rarely a family name when unmarked

SURNAMES = frozenset(name.lower() for name in _SURNAMES.split())
FOLDED_SURNAMES = frozenset(fold(name) for name in _SURNAMES.split())
COMPOUND_SURNAMES = tuple(tuple(name.lower().split()) for name in _COMPOUND)
_COMMON_SURNAMES = """
Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Đoàn Trương Trịnh Đào Lương Mai
Lâm Tô Hà Cao Châu Phùng Tạ Thái Tăng Quách Vương Danh Thạch Kiên Kim Chau Diệp Mã Tôn Lưu Tống Đàm
"""
_COMMON = frozenset(map(fold, _COMMON_SURNAMES.split()))


def is_surname(word: str) -> bool:
    """A word with marks must match with its marks; one without may be any family name that folds to it."""
    lowered = word.lower()
    if lowered in SURNAMES:
        return True
    return word.isascii() and fold(word) in FOLDED_SURNAMES and fold(word) not in _MIDDLE_ONLY


def is_common_surname(word: str) -> bool:
    """One of the sixty or so that most people bear; marks do not count."""
    return fold(word) in _COMMON


def compound_surname_length(words: list[str]) -> int:
    """How many of the first words make one compound family name (Âu Dương, Tôn Nữ); 0 when none. Marks do not count
    when the words have none."""
    lowered = [word.lower() for word in words]
    for compound in sorted(COMPOUND_SURNAMES, key=len, reverse=True):
        head = lowered[: len(compound)]
        if len(words) > len(compound) and (
            tuple(head) == compound or (all(w.isascii() for w in head) and head == [fold(w) for w in compound])
        ):
            return len(compound)
    return 0
