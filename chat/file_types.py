"""What a file is, by its content alone, and what it may be called. Pure: nothing here touches a disk."""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

LONGEST_NAME = 120
LONGEST_SUFFIX = 10


@dataclass(frozen=True)
class FileType:
    """A kind of file that is kept: its content type, and the endings that its names may have, the usual one first."""

    content_type: str
    suffixes: tuple[str, ...]


# Content types of pictures that a page shows; SVG is not among them, for it can carry scripts.
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
PDF = FileType("application/pdf", (".pdf",))
ZIP = FileType("application/zip", (".zip",))
# What a file begins with: https://www.iana.org/assignments/media-types and the formats' own descriptions.
BEGINNINGS = (
    (re.compile(rb"\xff\xd8\xff"), FileType("image/jpeg", (".jpg", ".jpeg"))),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), FileType("image/png", (".png",))),
    (re.compile(rb"GIF8[79]a"), FileType("image/gif", (".gif",))),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), FileType("image/webp", (".webp",))),
    (re.compile(rb"%PDF-\d"), PDF),
)
OPEN_XML = "application/vnd.openxmlformats-officedocument."
# By the entry that every such document has.
OFFICE = (
    (b"word/document.xml", FileType(f"{OPEN_XML}wordprocessingml.document", (".docx",))),
    (b"xl/workbook.xml", FileType(f"{OPEN_XML}spreadsheetml.sheet", (".xlsx",))),
    (b"ppt/presentation.xml", FileType(f"{OPEN_XML}presentationml.presentation", (".pptx",))),
)
# How far from its end a ZIP archive has its last record (APPNOTE 4.3.16).
LAST_RECORD = 65_557
OPEN_DOCUMENT = {
    f"application/vnd.oasis.opendocument.{word}": (suffix,)
    for word, suffix in (("text", ".odt"), ("spreadsheet", ".ods"), ("presentation", ".odp"))
}
TEXTS = {
    ".csv": "text/csv",
    ".ics": "text/calendar",
    ".json": "application/json",
    ".md": "text/markdown",
    ".vcf": "text/vcard",
}
# Names of other texts keep these. All others get .txt behind: what a click could start (.py), or a folder would obey (desktop.ini).
PLAIN = (".txt", ".log", ".tsv", ".yaml", ".yml", ".toml", ".xml", ".sql", ".rs", ".go", ".c", ".h", ".java", ".css", ".tex")
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
FORBIDDEN = re.compile(r'[<>:"|?*]')
# Windows opens these as devices, whatever stands behind the dot.
DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def type_of(name: str, content: bytes) -> FileType | None:
    """What `content` is; None where it is of no kind that is kept. The name only tells kinds of text apart."""
    for beginning, found in BEGINNINGS:
        if beginning.match(content):
            return found
    if content.startswith(b"PK\x03\x04"):
        return archive(content)
    return text_type(name) if text_of(content) is not None else None


def archive(content: bytes) -> FileType | None:
    """Which kind of document a ZIP archive is, if it is one. None where it is cut off, or holds macros.

    It looks for the names, which are written in plain, and unpacks nothing: a small archive can hold a huge list.
    """
    if b"PK\x05\x06" not in content[-LAST_RECORD:] or re.search(rb"vbaproject\.bin", content, re.IGNORECASE):
        return None
    if b"[Content_Types].xml" in content:
        return next((found for name, found in OFFICE if name in content), ZIP)
    # OpenDocument writes its type uncompressed behind the first entry's name (ODF 1.3, part 2, 3.3).
    written = re.match(rb"mimetype([a-z./-]{10,80}?)PK", content[30:140])
    kind = written[1].decode() if written else ""
    return FileType(kind, OPEN_DOCUMENT[kind]) if kind in OPEN_DOCUMENT else ZIP


def text_type(name: str) -> FileType:
    """Which text it is, by its ending; text that a browser or a shell would run is plain text."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in TEXTS:
        return FileType(TEXTS[suffix], (suffix,))
    return FileType("text/plain", PLAIN)


def is_text(kind: FileType) -> bool:
    """Whether it is for people and models to read as it is."""
    return kind.content_type.startswith("text/") or kind.content_type in TEXTS.values()


def text_of(content: bytes) -> str | None:
    """`content` as text, None where it is none. Old Windows text is understood too, Latin letters at least."""
    for coding in (*(coding for mark, coding in MARKS if content.startswith(mark)), "utf-8", "cp1252"):
        try:
            text = content.decode(coding)
        except UnicodeDecodeError:
            continue
        return None if NO_TEXT.search(text) else text
    return None


def clean_name(name: str, kind: FileType) -> str:
    """A name that is safe on every disk and in every header, with an ending that fits its content."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    # Control, format and surrogate characters; among them those that turn the reading direction around.
    text = "".join(" " if one.isspace() else one for one in text if one.isspace() or not unicodedata.category(one).startswith("C"))
    text = " ".join(FORBIDDEN.sub("_", text).split()).strip(". ")
    stem, dot, ending = text.rpartition(".")
    suffix = f".{ending.lower()}" if stem and dot else ""
    if suffix not in kind.suffixes:
        stem, suffix = text, kind.suffixes[0]
    stem = stem[: LONGEST_NAME - LONGEST_SUFFIX].rstrip(". ") or "file"
    return f"_{stem}{suffix}" if DEVICES.match(stem) else f"{stem}{suffix}"
