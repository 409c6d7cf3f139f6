"""Writes service/docs/themes.md: the themes found in the 19 reference drafts, for people to judge.

    python -m service.matching.themes_page

Run it after changing the lexicon or how themes are found, and read what changed; tests/quality/test_themes.py fails
when the page is not what the code finds.
"""

from __future__ import annotations

from pathlib import Path

from ingestion.drafts import read_draft
from service.matching.lexicon import REFERENCE, FieldLexicon, load_lexicon
from service.matching.passages import clean_passages
from service.matching.results import FoundTheme
from service.matching.themes import find_themes

PAGE = Path(__file__).parent.parent / "docs" / "themes.md"
_HEAD = """# Themes of the reference drafts

What `find_themes` makes of the texts in `service/reference/drafts` (real papers of provinces and of the Government;
most are openings only). Written by `python -m service.matching.themes_page`. For each draft: how many passages were
used and why the others were not; then the themes with weight, whether the council must cover them (bắt buộc) or
should (nên có), codes of the field list, and telling words of the draft.
"""
_IMPORTANCE = {"required": "bắt buộc", "desired": "nên có"}


def reference_drafts() -> list[Path]:
    return sorted((REFERENCE / "drafts").glob("*.txt"))


def themes_of(path: Path, lexicon: FieldLexicon) -> tuple[str, dict[str, int], list[FoundTheme]]:
    """Title, passages by reason they were left out ("" for used), themes."""
    reading = read_draft(path)
    decisions = clean_passages(reading.passages)
    reasons: dict[str, int] = {}
    for decision in decisions:
        reasons[decision.left_out or ""] = reasons.get(decision.left_out or "", 0) + 1
    themes = find_themes(reading.passages, decisions, title=reading.title, lexicon=lexicon)
    return reading.title or path.stem, reasons, themes


def page() -> str:
    lexicon = load_lexicon()
    lines = [_HEAD]
    for path in reference_drafts():
        title, reasons, themes = themes_of(path, lexicon)
        used = reasons.pop("", 0)
        left_out = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())) or "none"
        lines += [f"## {path.stem}", "", f"{title}", "", f"Passages used: {used}; left out: {left_out}.", ""]
        lines += ["| weight | theme | English | | fields | words |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {theme.weight:.2f} | {theme.label} | {theme.label_en or ''} | {_IMPORTANCE[theme.importance]} "
            f"| {', '.join(theme.field_codes)} | {', '.join(theme.terms[:6])} |"
            for theme in themes
        ]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
