"""Blocks → passages: what is letterhead, title, heading, body, annex, distribution list or signature."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ingestion.drafts.blocks import Block, Extract, Region
from ingestion.drafts.headings import BULLET, HeadingPath, Shape, heading_shape, is_capitals, shape_of
from ingestion.drafts.records import DraftPassage, FlaggedText, PassageKind
from ingestion.drafts.titles import title_of

DOCUMENT_TYPES = (
    "KẾ HOẠCH|ĐỀ ÁN|ĐỀ CƯƠNG|DỰ ÁN|QUY HOẠCH|CHƯƠNG TRÌNH|NGHỊ QUYẾT|QUYẾT ĐỊNH|NGHỊ ĐỊNH|THÔNG TƯ|CHỈ THỊ|CHIẾN LƯỢC"
    "|PHƯƠNG ÁN|BÁO CÁO|TỜ TRÌNH|QUY CHẾ|QUY ĐỊNH|HƯỚNG DẪN|THÔNG BÁO|LUẬT|CHÍNH SÁCH|ĐỀ XUẤT|KẾT LUẬN|CÔNG ĐIỆN"
    "|ĐIỀU LỆ"
)
TITLE_START = re.compile(rf"(?:DỰ THẢO\s+)?(?:{DOCUMENT_TYPES})(?=\s|$|:)")
SUBJECT = re.compile(r"(?:V/v|Về việc)\b[:\s]*", re.I)
MOTTO = re.compile(
    r"CỘNG H(?:ÒA|OÀ) XÃ HỘI CHỦ NGHĨA VIỆT NAM|ĐẢNG CỘNG SẢN VIỆT NAM|Độc lập\s*[-–]\s*Tự do\s*[-–]\s*Hạnh phúc", re.I
)
NUMBER_LINE = re.compile(r"Số\s*:", re.I)
NUMBER = re.compile(r"Số\s*:?\s*(\d[\w-]*)?\s*[-/]\s*([A-ZĐ][\wĐ&.-]*(?:-[\wĐ&.]+)*)", re.I)
PLACE_AND_DATE = re.compile(r"[^,.;:]{2,60},\s*ngày[\s….\d]*tháng[\s….\d]*năm", re.I)
DRAFT_MARK = re.compile(r"\(?\s*DỰ THẢO(?:\s+(?:LẦN|LẦN THỨ)\s*\w+)?[\s:)]*(?:ngày.*)?$", re.I)
ATTACHED_TO = re.compile(r"\(?\s*(?:Ban hành kèm theo|Kèm theo|Đính kèm)\b", re.I)
ENACTED = re.compile(r"(?:QUYẾT NGHỊ|QUYẾT ĐỊNH|NGHỊ QUYẾT)\s*:$")
RECIPIENTS = re.compile(r"(?:Nơi nhận|Kính gửi)\s*:?", re.I)
LAST_RECIPIENT = re.compile(r"[-–+•]?\s*Lưu\s*:", re.I)
SIGNATURE = re.compile(
    r"(?:TM|KT|TL|TUQ|Q)\s*\.\s*[A-ZĐÀ-Ỹ]|(?:PHÓ )?(?:CHỦ TỊCH|GIÁM ĐỐC|THỦ TƯỚNG|BỘ TRƯỞNG|CHÁNH VĂN PHÒNG)\s*$"
)
SIGNED = re.compile(r"\(?\s*(?:Đã ký|Ký tên|Signed)\b", re.I)
ANNEX = re.compile(r"(?:PHỤ LỤC|PHỤ BIỂU|BIỂU SỐ|MẪU SỐ)(?:\s+(?:SỐ\s*)?[\dIVX]+[a-z]?)?\b", re.I)
BODY_START = re.compile(r"(?:Căn cứ|Thực hiện|Để |Nhằm |Theo |Trên cơ sở|Xét |Hưởng ứng|Triển khai thực hiện )\w*")
ISSUER = re.compile(
    r"(?:HỘI ĐỒNG NHÂN DÂN|(?:ỦY|UỶ) BAN NHÂN DÂN|UBND|HĐND|CHÍNH PHỦ|QUỐC HỘI|THỦ TƯỚNG|BỘ TRƯỞNG|CHỦ TỊCH|GIÁM ĐỐC)\b"
)
ISSUED = re.compile(
    r"(?:ban hành|xây dựng)\s+((?:Kế hoạch|Đề án|Chương trình|Nghị quyết|Quy hoạch)\s+.{15,400}?)"
    r"(?:,\s+với\b|\s+với\s+(?:các|những)\s+nội dung|,?\s+(?:như sau|cụ thể như|gồm các)\b|\s*[.;:]|$)"
)
BODY_LENGTH = 160  # a letterhead line is shorter
LETTERHEAD_BLOCKS = 25


@dataclass(frozen=True, slots=True)
class Structured:
    title: str | None
    document_number: str | None
    passages: tuple[DraftPassage, ...]
    flagged: tuple[FlaggedText, ...]


def structure(extract: Extract) -> Structured:
    """Passages in reading order; paragraphs are counted over every block that holds something, dropped ones too."""
    return _Structure(extract).run()


@dataclass(slots=True)
class _Structure:
    extract: Extract
    path: HeadingPath = field(default_factory=HeadingPath)
    passages: list[DraftPassage] = field(default_factory=list)
    flagged: list[FlaggedText] = field(default_factory=list)
    title_parts: list[str] = field(default_factory=list)
    number: str | None = None
    annex: str | None = None
    zone: Region | None = Region.LETTERHEAD
    paragraph: int = 0
    joins: PassageKind | None = None  # the next centred line belongs to the title, annex or chapter just seen
    zone_left: int = 0

    def run(self) -> Structured:
        for block in self.extract.blocks:
            self.paragraph += 1
            self.flagged += [
                FlaggedText(text=text, reason=reason, page=block.page, paragraph=self.paragraph)
                for text, reason in block.flags
            ]
            if any(char.isalnum() for char in block.text):
                self._place(block)
        parts = self.title_parts or self._title_without_its_line()
        title = title_of(parts, (passage.text for passage in self.passages)) if parts else None
        return Structured(title, self.number, tuple(self.passages), tuple(self.flagged))

    def _place(self, block: Block) -> None:
        text = block.text
        if block.cells is not None:
            self.joins = None
            self._end_zone()
            self._emit(block, PassageKind.TABLE_ROW)
        elif block.region is not None:
            self._place_in_region(block, block.region)
        elif self.joins is not None and self._continues(block):
            self._join(block)
        elif self.zone is Region.LETTERHEAD and self._is_letterhead(block):
            self._letterhead(block)
        elif self._is_title(block):
            self._title(block)
        elif self._is_annex(block):
            self._start_annex(block)
        elif RECIPIENTS.match(text):
            self.zone, self.zone_left, self.joins = Region.RECIPIENTS, 40, None
            self._emit(block, PassageKind.RECIPIENTS)
            if LAST_RECIPIENT.search(text):
                self._end_zone()
        elif self.zone is Region.RECIPIENTS and self._continues_recipients(block):
            self._emit(block, PassageKind.RECIPIENTS)
        elif self._is_signature(block):
            self._emit(block, PassageKind.SIGNATURE)
        elif ATTACHED_TO.match(text) or (ENACTED.match(text) and len(text) < 20) or self._is_stray_letterhead(text):
            self.joins = None
            self._emit(block, PassageKind.LETTERHEAD)
        else:
            self.joins = None
            self._body(block)

    # --- letterhead and title ---------------------------------------------------------------------------------------

    def _place_in_region(self, block: Block, region: Region) -> None:
        self.joins = None
        if region is Region.LETTERHEAD:
            self._letterhead(block)
        else:
            kind = PassageKind.RECIPIENTS if region is Region.RECIPIENTS else PassageKind.SIGNATURE
            self._end_zone()
            self._emit(block, kind)

    def _is_letterhead(self, block: Block) -> bool:
        text = block.text
        if block.level is not None or len(self.passages) >= LETTERHEAD_BLOCKS or self.title_parts:
            return False
        if MOTTO.search(text) or PLACE_AND_DATE.match(text) or NUMBER_LINE.match(text) or DRAFT_MARK.match(text):
            return True
        if SUBJECT.match(text) and len(text) <= 300:
            return True
        if len(text) > BODY_LENGTH or TITLE_START.match(text) or shape_of(text) is not None or BODY_START.match(text):
            return False
        return is_capitals(text)

    def _is_stray_letterhead(self, text: str) -> bool:
        """The motto or the issuing body once more, as on an attached paper or before the legal bases."""
        if len(text) > BODY_LENGTH:
            return False
        if MOTTO.fullmatch(text) or DRAFT_MARK.match(text):
            return True
        if ISSUER.match(text) and is_capitals(text) and len(text) < 80 and self.joins is PassageKind.TITLE:
            return True
        heads = (passage.text for passage in self.passages[:LETTERHEAD_BLOCKS])
        return is_capitals(text) and any(text in head for head in heads if is_capitals(head))

    def _letterhead(self, block: Block) -> None:
        if self.number is None and (found := NUMBER.search(block.text)):
            self.number = f"{found[1] or '…'}/{found[2]}".rstrip(".,;")
        if subject := SUBJECT.match(block.text):
            self.title_parts = self.title_parts or [block.text[subject.end() :].strip()]
        self._emit(block, PassageKind.LETTERHEAD)

    def _is_title(self, block: Block) -> bool:
        text = block.text
        if block.level is not None and self.title_parts:
            return False
        if not TITLE_START.match(text) or not is_capitals(TITLE_START.match(text)[0]) or len(text) > 400:  # type: ignore[index]
            return False
        if ENACTED.match(text) and self.title_parts:
            return False
        if self.extract.has_styles:
            return block.is_centred or (block.is_bold and not self.title_parts)
        return not self.title_parts and (is_capitals(text) or len(text) <= 20)

    def _title(self, block: Block) -> None:
        if not self.title_parts or self.zone is Region.LETTERHEAD:
            self.title_parts = [block.text]
        self.zone = None
        self.joins = PassageKind.TITLE
        self._emit(block, PassageKind.TITLE)

    def _continues(self, block: Block) -> bool:
        """Whether the block is a further line of the title, annex name or chapter name above it."""
        text = block.text
        if block.level is not None or len(text) > 500 or ATTACHED_TO.match(text) or RECIPIENTS.match(text):
            return False
        if text.startswith("(") or BULLET.match(text) or ENACTED.match(text) or self._is_stray_letterhead(text):
            return False
        if shape_of(text) is not None or ANNEX.match(text) or MOTTO.search(text) or PLACE_AND_DATE.match(text):
            return False
        if text.startswith(("Căn cứ ", "Kính gửi")):
            return False
        if self.extract.has_styles:
            return block.is_centred
        last = self.passages[-1].text
        if is_capitals(text):
            return True
        return not BODY_START.match(text) and is_capitals(last) and len(last) <= 40 and len(text) <= 400

    def _join(self, block: Block) -> None:
        last = self.passages[-1]
        if self.joins is PassageKind.TITLE:
            if self.title_parts and self.title_parts[-1] == last.text:
                self.title_parts.append(block.text)
            self._emit(block, PassageKind.TITLE)
            return
        joined = f"{last.text}{'' if last.text.endswith(('.', ':')) else '.'} {block.text}"
        self.passages[-1] = replace(last, text=joined)
        self.path.rename_last(joined)
        if self.annex == last.text:
            self.annex = joined
            self.passages[-1] = replace(self.passages[-1], annex=joined)

    def _title_without_its_line(self) -> list[str]:
        """A paper without a title of a known kind: a heading on top, or what it says that it issues."""
        body = [passage for passage in self.passages if passage.kind is not PassageKind.LETTERHEAD]
        if body and body[0].kind is PassageKind.HEADING and shape_of(body[0].text) is None:
            return [body[0].text]
        for passage in body[:LETTERHEAD_BLOCKS]:
            if passage.kind is PassageKind.PARAGRAPH and (issued := ISSUED.search(passage.text)):
                return [issued[1]]
        return []

    # --- annexes, recipients, signature -----------------------------------------------------------------------------

    def _is_annex(self, block: Block) -> bool:
        found = ANNEX.match(block.text)
        if found is None or len(block.text) > 500 or block.text.endswith((";", ",")):
            return False
        if len(block.text) > 200 and not (block.is_centred or block.is_bold):
            return False
        return block.is_centred or block.level is not None or is_capitals(block.text) or found[0] == block.text

    def _start_annex(self, block: Block) -> None:
        self._end_zone()
        self.annex = block.text
        level = self.path.start_annex(block.text)
        self._emit(block, PassageKind.HEADING, level=level, headings=())
        self.joins = PassageKind.HEADING

    def _continues_recipients(self, block: Block) -> bool:
        text = block.text
        self.zone_left -= 1
        if self.zone_left <= 0 or block.level is not None or self._is_signature_start(text) or len(text) > 200:
            self._end_zone()
            return False
        if LAST_RECIPIENT.match(text):
            self._end_zone()
            return True
        last = self.passages[-1].text
        belongs = bool(BULLET.match(text)) or text[:1].islower() or last.endswith((",", ";", ":", "Lưu"))
        if not belongs:
            self._end_zone()
        return belongs

    def _is_signature_start(self, text: str) -> bool:
        return len(text) <= 80 and (SIGNATURE.match(text) is not None or SIGNED.match(text) is not None)

    def _is_signature(self, block: Block) -> bool:
        if self._is_signature_start(block.text) and self.zone is not Region.LETTERHEAD:
            self.zone, self.zone_left = Region.SIGNATURE, 4
            return True
        if self.zone is not Region.SIGNATURE:
            return False
        self.zone_left -= 1
        if self.zone_left > 0 and len(block.text) <= 60 and shape_of(block.text) is None and block.level is None:
            return True
        self._end_zone()
        return False

    def _end_zone(self) -> None:
        self.zone = None

    # --- body -------------------------------------------------------------------------------------------------------

    def _body(self, block: Block) -> None:
        self.zone = None
        text = block.text
        if block.level is not None:
            self._heading(block, shape_of(text), block.level)
            return
        shape = heading_shape(
            text, is_bold=block.is_bold, has_styles=self.extract.has_styles, stands_alone=block.stands_alone
        )
        if shape is not None:
            self._heading(block, shape, None)
        elif block.is_listed or BULLET.match(text) or shape_of(text) in (Shape.ALPHA, Shape.ARABIC, Shape.DECIMAL_2):
            self._emit(block, PassageKind.LIST_ITEM)
        else:
            self._emit(block, PassageKind.PARAGRAPH)

    def _heading(self, block: Block, shape: Shape | None, styled_level: int | None) -> None:
        level = self.path.add(block.text, shape, styled_level)
        self._emit(block, PassageKind.HEADING, level=level, headings=self.path.texts[:-1])
        # "Chương I" alone has its name on the next line.
        if shape in (Shape.PART, Shape.CHAPTER, Shape.SECTION) and len(block.text) <= 20:
            self.joins = PassageKind.HEADING

    def _emit(
        self, block: Block, kind: PassageKind, *, level: int | None = None, headings: tuple[str, ...] | None = None
    ) -> None:
        self.passages.append(
            DraftPassage(
                ordinal=len(self.passages),
                text=block.text,
                kind=kind,
                page=block.page,
                paragraph=self.paragraph,
                level=level,
                headings=self.path.texts if headings is None else headings,
                annex=self.annex,
            )
        )
