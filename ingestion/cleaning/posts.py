"""A post and a unit written into one cell: "Trưởng khoa Thủy sản, Trường Đại học Kiên Giang"."""

from __future__ import annotations

import re

_UNIT = re.compile(
    r"(?<!\w)(?:trường|đại học|đh|cao đẳng|cđ|học viện|hv|phân viện|viện(?!\s*trưởng|\s*phó)|sở|trung tâm|tt|"
    r"công ty|cty|tập đoàn|bệnh viện|bv|"
    r"ủy ban|uỷ ban|ubnd|hđnd|liên hiệp|liên minh|hội(?!\s*(?:đồng|trưởng|viên|thảo))|chi cục|cục(?!\s*trưởng)|"
    r"tỉnh ủy|huyện ủy|thành ủy|ban quản lý|"
    r"hợp tác xã|htx|ngân hàng|tạp chí|báo|đài|vườn quốc gia|university|institute|department|ministry)\b",
    re.IGNORECASE,
)  # fmt: skip
_BETWEEN = re.compile(r"[\s,;:–—-]+$")
_AFTER = re.compile(r"\s*(?:[,;]|\s[–—-]\s)\s*")
_POST = re.compile(
    r"(?i)^(?:phó |nguyên |quyền |trợ lý )*(?:trưởng|viện trưởng|hiệu trưởng|giám đốc|chủ tịch|chủ nhiệm|giảng viên|"
    r"nghiên cứu viên|chuyên viên|bí thư|thư ký|"
    r"tổng giám đốc|cục trưởng|chi cục trưởng|chánh|kế toán|bác sĩ|kỹ sư|cán bộ|viên chức|công chức|phó)"
)  # fmt: skip


def split_post(text: str) -> tuple[str | None, str | None]:
    """Post and unit; either may be None. A text in which no unit is recognised is a post when it begins like one."""
    match = _UNIT.search(text)
    if match is None:
        return (text, None) if _POST.match(text) else (None, text)
    if match.start() == 0:
        parts = _AFTER.split(text)
        posts = [i for i, part in enumerate(parts) if i and _POST.match(part)]
        if posts and posts[0] == len(parts) - 1:
            return parts[-1], ", ".join(parts[:-1])
        return None, text
    return _BETWEEN.sub("", text[: match.start()]) or None, text[match.start() :].strip()
