"""The parts of a DOCX package as XML trees, without entities, network or DTD."""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath

from lxml import etree

from ingestion.drafts.archives import CUT_OFF_MESSAGE, read_member
from ingestion.drafts.records import DraftProblem, UnreadableDraftError
from ingestion.records import N_

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT_W = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
UNSAFE_MESSAGE = N_(
    "“%(file)s” holds declarations that no word processor writes and that can be used for an attack. It was not read. "
    "Open it in Word, save it as a new DOCX file and send that."
)


def w(name: str) -> str:
    return f"{{{W}}}{name}"


def val(element: etree._Element | None, name: str = "val") -> str | None:
    return None if element is None else element.get(w(name))


def is_on(element: etree._Element | None) -> bool | None:
    """An on/off property: None where it is not given."""
    if element is None:
        return None
    return val(element) not in ("0", "false", "off")


class Package:
    """Access to parts by name; parts that are missing are None."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name
        self._members = set(archive.namelist())
        self.main_part = self._find_main_part()

    def tree(self, part: str) -> etree._Element | None:
        """The root of a part. libxml2 refuses nesting beyond 256 levels, so that recursion over it is safe."""
        if part not in self._members:
            return None
        content = read_member(self._archive, part, self._name).replace(STRICT_W, W.encode())
        head = content[:4096].lstrip()
        if b"<!DOCTYPE" in head or b"<!ENTITY" in content[:65536] or "<!DOCTYPE".encode("utf-16-le") in content[:8192]:
            raise UnreadableDraftError(DraftProblem.DAMAGED, UNSAFE_MESSAGE, file=self._name)
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(content, parser)
        except etree.XMLSyntaxError as error:
            if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
                raise MemoryError from error
            raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=self._name) from error
        if root.getroottree().docinfo.doctype:
            raise UnreadableDraftError(DraftProblem.DAMAGED, UNSAFE_MESSAGE, file=self._name)
        return root

    def beside_main(self, part: str) -> etree._Element | None:
        """A part in the folder of the document, such as styles.xml."""
        return self.tree(str(PurePosixPath(self.main_part).parent / part))

    def _find_main_part(self) -> str:
        relations = self.tree("_rels/.rels") if "_rels/.rels" in self._members else None
        if relations is not None:
            for relation in relations:
                if str(relation.get("Type", "")).endswith("/officeDocument"):
                    target = str(relation.get("Target", "")).lstrip("/")
                    if target in self._members:
                        return target
        if "word/document.xml" in self._members:
            return "word/document.xml"
        raise UnreadableDraftError(DraftProblem.DAMAGED, CUT_OFF_MESSAGE, file=self._name)
