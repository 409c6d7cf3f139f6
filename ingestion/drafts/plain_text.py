"""Plain text and Markdown: the encoding found out, lines joined to paragraphs, marks of Markdown taken off."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from ingestion.drafts.blocks import Block, Extract
from ingestion.drafts.cleaning import clean_text
from ingestion.drafts.headings import BULLET, SENTENCE_END, is_capitals, shape_of
from ingestion.drafts.records import DraftProblem, UnreadableDraftError
from ingestion.drafts.syllables import impossible_words
from ingestion.drafts.tables import CELL_SEPARATOR
from ingestion.records import N_

LINES_MAX = 500_000
NO_WORDS_MESSAGE = N_("“%(file)s” holds no words. Check that it is the right file.")

WRAPPED_AT_MOST = 110  # characters in a line of text broken by hand
MARKDOWN_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
MARKDOWN_RULE = re.compile(r"(?:\*\s*){3,}$|(?:-\s*){3,}$|(?:_\s*){3,}$|={3,}$")
TABLE_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?$")
EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
ITALIC = re.compile(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])|(?<![\w_])_(?=\S)([^_]+?)(?<=\S)_(?![\w_])")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
ESCAPED_BULLET = re.compile(r"^\s*\\([-+*])")  # left over from Markdown
COMMENT = re.compile(r"<!--.*?-->", re.S)
TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.I)


def read_text(path: Path, name: str, *, is_markdown: bool = False) -> Extract:
    text = decode(path.read_bytes())
    if not any(char.isalnum() for char in text):
        raise UnreadableDraftError(DraftProblem.NO_TEXT, NO_WORDS_MESSAGE, file=name)
    blocks = markdown_blocks(text) if is_markdown else text_blocks(text)
    return Extract(blocks=blocks, has_styles=False)


def decode(content: bytes) -> str:
    """The text, in the encoding that gives the most Vietnamese. Never fails: damaged text is for `damage` to judge."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    zeros_even, zeros_odd = content[0:4000:2].count(0), content[1:4000:2].count(0)
    if max(zeros_even, zeros_odd) > len(content[:4000]) // 5 and min(zeros_even, zeros_odd) < 5:
        return content.decode("utf-16-le" if zeros_odd > zeros_even else "utf-16-be", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    as_utf8 = content.decode("utf-8", "replace")
    if as_utf8.count("\ufffd") * 200 < len(as_utf8):
        return as_utf8  # UTF-8 with a damaged byte here and there
    # cp1258 is the Vietnamese page of Windows; TCVN3 and VNI are read as cp1252 and converted later.
    candidates = [content.decode("cp1258", "replace"), content.decode("latin-1")]
    return min(candidates, key=_share_of_impossible)


def _share_of_impossible(text: str) -> float:
    bad, marked = impossible_words(clean_text(text[:20_000]))
    return bad / marked if marked else 1.0


def text_blocks(text: str, page: int | None = None) -> list[Block]:
    """One paragraph a line, unless the lines were broken by hand; then empty lines and markers part paragraphs."""
    lines = [clean_text(ESCAPED_BULLET.sub(r"\1", line)) for line in text.splitlines()[:LINES_MAX]]
    is_wrapped = _is_wrapped(lines)
    blocks: list[Block] = []
    paragraph: list[str] = []
    gap_before = True

    def finish(*, gap_after: bool) -> None:
        nonlocal gap_before
        if paragraph:
            alone = gap_before and gap_after and len(paragraph) == 1
            blocks.append(Block(text=" ".join(paragraph), page=page, stands_alone=alone))
            paragraph.clear()
            gap_before = gap_after

    for line in lines:
        if not line:
            finish(gap_after=True)
            gap_before = True
        elif paragraph and is_wrapped and not _begins_anew(line, paragraph[-1]):
            paragraph.append(line)
        else:
            finish(gap_after=False)
            paragraph.append(line)
    finish(gap_after=True)
    return blocks


def _is_wrapped(lines: list[str]) -> bool:
    """Whether most lines that are followed by another are full and break off in the middle of a sentence."""
    followed = [(line, below) for line, below in pairwise(lines) if line and below]
    if len(followed) < 3 or max(len(line) for line in lines) > WRAPPED_AT_MOST:
        return False
    broken = sum(len(line) >= 45 and not line.endswith(SENTENCE_END) for line, _below in followed)
    return broken >= 0.5 * len(followed)


def _begins_anew(line: str, above: str) -> bool:
    if BULLET.match(line) or shape_of(line) is not None or is_capitals(line) != is_capitals(above):
        return True
    return len(above) < 45 and (above.endswith((*SENTENCE_END, ":")) or above.isupper() or not line[:1].islower())


def markdown_blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    plain: list[str] = []

    def finish() -> None:
        blocks.extend(text_blocks("\n".join(plain)))
        plain.clear()

    lines = COMMENT.sub("", text).splitlines()[:LINES_MAX]
    for index, line in enumerate(lines):
        stripped = line.strip()
        heading = MARKDOWN_HEADING.match(stripped)
        if heading is not None:
            finish()
            words = clean_text(_without_marks(heading[2]))
            if words:
                blocks.append(Block(text=words, level=len(heading[1]), is_bold=True, is_centred=len(heading[1]) == 1))
        elif TABLE_RULE.match(stripped) and "|" in stripped:
            continue
        elif stripped.startswith("|") or (stripped.count("|") >= 2 and stripped.endswith("|")):
            finish()
            is_header = index + 1 < len(lines) and TABLE_RULE.match(lines[index + 1].strip()) is not None
            cells = tuple(clean_text(_without_marks(cell)) for cell in stripped.strip("|").split("|"))
            if not is_header and any(cells):
                blocks.append(Block(text=CELL_SEPARATOR.join(cell for cell in cells if cell), cells=cells))
        elif MARKDOWN_RULE.match(stripped):
            plain.append("")
        else:
            plain.append(_without_marks(stripped.removeprefix("> ")))
    finish()
    return blocks


def _without_marks(text: str) -> str:
    text = LINK.sub(r"\1", text)
    text = EMPHASIS.sub(r"\2", text)
    text = ITALIC.sub(lambda found: found[1] or found[2] or "", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+.!|-])", r"\1", TAG.sub(" ", text)).replace("`", "")
