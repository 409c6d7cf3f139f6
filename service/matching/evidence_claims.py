"""Which pieces of a profile show work done, and which only say something of the person.

Talks, interviews, wishes and self-praise name many subjects and prove none: somebody who speaks of everything would
fit every draft. What such texts say still counts a little, as keywords do, but carries nobody by itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

from search.vietnamese import fold

# Kinds of work that are an appearance: "tham luận" may be a conference paper, but nothing says so.
_APPEARANCE_KIND = re.compile(
    r"\b(?:tham luan|bai noi chuyen|phat bieu|bai bao chi|phong su|talk|speech|keynote|interview|broadcast|press)\b"
)
_APPEARANCE = re.compile(
    r"\b(?:"
    + "|".join(
        (
            # Vietnamese
            "dien gia|dien thuyet|truyen cam hung|truyen lua|buoi noi chuyen|noi chuyen chuyen de|toa dam|talkshow",
            "tra loi (?:phong van|bao chi)|phong van (?:bao|tren|cua bao)|xuat hien tren|len song|khach moi",
            "kenh (?:video|youtube|tiktok)|(?:hang|nhieu) (?:tram|chuc|nghin) (?:hoi thao|hoi nghi|su kien|buoi)",
            "tham (?:du|gia) (?:nhieu )?(?:hoi thao|hoi nghi|dien dan|su kien)|viet phong su|binh luan vien",
            "bao dai thuong|duoc bao chi|nguoi dan chuong trinh|dan chuong trinh",
            # English
            "keynote|motivational|inspirational|speaker at|public speaker|sought after",
            "frequently (?:quoted|interviewed)",
            "gives? (?:talks|interviews|lectures to the public)|appears? (?:on|in the media)|media appearances|podcast",
            "television guest|op eds?|columnist|thought leader",
        )
    )
    + r")\b"
)
# What somebody would like to do or could do: no work was done, whatever work is named.
_WISH = re.compile(
    r"\b(?:"
    + "|".join(
        (
            "mong (?:muon|duoc|rang)|khat vong|khao khat|san sang (?:tham gia|dong gop|dong hanh)|dong hanh cung",
            "co kha nang|co the dam nhan|dang (?:tu hoc|tim hieu)",
            "would (?:like|be glad|be happy|love) to|(?:is|am) (?:keen|happy|glad|willing|eager) to",
        )
    )
    + r")\b"
)
# Praise: proves nothing, unless the sentence tells of work as well.
_PRAISE = re.compile(
    r"\b(?:"
    + "|".join(
        (
            "dam me|tam huyet|luon tam niem|am hieu|co hieu biet|co tam nhin|bao quat|ket noi cac ben|su menh|triet ly",
            "chuyen gia hang dau|uy tin hang dau|khang dinh (?:ten tuoi|vi the)|gia tri cot loi",
            "passionate|world class|visionary|mission is|(?:is|am) interested in",
        )
    )
    + r")\b"
)
# With one of these the sentence tells of work, whatever else it says.
_PRACTICE = re.compile(
    r"\b(?:"
    + "|".join(
        (
            "nghien cuu|chu tri|chu nhiem|thiet ke|che tao|xay dung|khao sat|do dac|do dem|danh gia|phan tich|theo doi",
            "thu nghiem|thi nghiem|quan trac|tinh toan|mo hinh|lap (?:ban do|du an|quy hoach|ho so)|tham (?:dinh|tra)",
            "van hanh|phu trach|quan ly|dieu tra|thi cong|kiem toan|soan thao|bien soan|luan an|dieu tri|phau thuat",
            "chuyen giao|thu thap|so sanh|cong bo|trien khai|dieu hanh|kiem dinh|dam phan|huong dan|giang day",
            "stud(?:y|ies|ied)|design(?:s|ed)?|measur\\w+|model(?:s|led|ing|ling)?|built|builds|survey\\w*|evaluat\\w+",
            "analys\\w+|monitor\\w*|develop(?:s|ed)?|led|leads|operat\\w+|test(?:s|ed)|draft(?:s|ed)|review(?:s|ed)",
            "supervis\\w+|publish\\w+|audit\\w*|implement\\w+|manag\\w+|investigat\\w+|compar\\w+|thesis",
        )
    )
    + r")\b"
)
# What somebody says they do not do.
_DENIAL = re.compile(
    r"\b(?:khong (?:truc tiep |phai |con )?(?:nghien cuu|lam|tham gia|chuyen|phu trach|giang day)"
    r"|chua (?:tung|co dip|bao gio)|(?:do|does|did|has|have) not (?:directly )?(?:work|stud|research)\w*"
    r"|no (?:direct )?experience)\b"
)
# Trade in goods and services, where a firm is served: another setting than that of a public plan.
_COMMERCE = re.compile(
    r"\b(?:ban le|sieu thi|hang tieu dung|my pham|doi ngu ban hang|nhan vien ban hang|tap doan tu nhan|chuoi cua hang"
    r"|chuoi (?:ca phe|nha hang|ban le|spa)|moi gioi|san bat dong san|san dau nguoi|nhuong quyen|chu doanh nghiep"
    r"|retail(?:ers?)?|supermarket|consumer goods|cosmetics|sales (?:team|force)|franchis\w+|headhunt\w*"
    r"|private corporations?|shop owners?)\b"
)
_COMMERCE_MARKS = (  # one of them stands in whatever the pattern finds: looking for them first is much faster
    *("ban le", "sieu thi", "tieu dung", "my pham", "ban hang", "tap doan", "chuoi", "moi gioi", "bat dong san"),
    *("dau nguoi", "nhuong quyen", "chu doanh", "retail", "supermarket", "consumer", "cosmetic", "sales", "franchis"),
    *("headhunt", "private", "shop"),
)
_LISTED = re.compile(r"[,;]| và | and ")
_LONGEST_DENIAL = 14  # words
_MOST_LISTED = 8  # names joined in one sentence: above it is a list of interests, unless it tells of work


@lru_cache(maxsize=400_000)
def is_claim(sentence: str) -> bool:
    """Whether a sentence of a biography only appears, wishes, praises or lists."""
    folded = fold(sentence)
    if _APPEARANCE.search(folded) or _WISH.search(folded):
        return True
    if _PRACTICE.search(folded):
        return False
    return bool(_PRAISE.search(folded)) or len(_LISTED.findall(sentence)) >= _MOST_LISTED


@lru_cache(maxsize=400_000)
def is_denial(sentence: str) -> bool:
    """Whether a sentence of a biography says what was not done: "Ông không trực tiếp nghiên cứu lĩnh vực nuôi." A
    longer one may deny one thing and tell of another."""
    return len(sentence.split()) <= _LONGEST_DENIAL and bool(_DENIAL.search(fold(sentence)))


@lru_cache(maxsize=400_000)
def is_commercial(text: str) -> bool:
    """Whether a text is set in trade. Work for a chain of shops is no work on the staff of the state."""
    folded = fold(text)
    return any(mark in folded for mark in _COMMERCE_MARKS) and bool(_COMMERCE.search(folded))


def is_appearance(kind: str) -> bool:
    """Whether a work of this kind, as the roster words it, is a talk or a piece in the press."""
    return bool(_APPEARANCE_KIND.search(fold(kind)))
