"""Catalogues of translations: GNU gettext's .po read and written, its .mo made.

Only what we write ourselves: no contexts of previous messages, no obsolete entries, no comments
but where a message stands (`#:`), hints for translators (`#.`) and flags (`#,`).
"""

import ast
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = 0x950412DE
CONTEXT_ENDS = "\x04"
PLACES_PER_LINE = 3
ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n"})


@dataclass(frozen=True, order=True, slots=True)
class Message:
    """What is looked up: the text, perhaps in a context, perhaps counted."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> str:
        return f"{self.context}{CONTEXT_ENDS}{self.text}" if self.context else self.text


@dataclass(slots=True)
class Entry:
    """A message with its translations: one, or one for each plural form."""

    message: Message
    translations: list[str] = field(default_factory=lambda: [""])
    places: list[str] = field(default_factory=list)
    is_fuzzy: bool = False


Catalogue = dict[str, Entry]  # by the message's key; "" is the header


def read(path: Path) -> Catalogue:
    """The entries of a .po."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    entries = (_entry(block.splitlines()) for block in blocks if block.strip())
    return {entry.message.key: entry for entry in entries}


def _entry(lines: list[str]) -> Entry:
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line.startswith("#"):
            continue
        if not line.startswith('"'):
            name, line = line.split(" ", 1)  # noqa: PLW2901 -- the rest of it
        fields[name] = fields.get(name, "") + ast.literal_eval(line)
    translations = [value for name, value in sorted(fields.items()) if name.startswith("msgstr")]
    return Entry(
        Message(fields["msgid"], fields.get("msgid_plural", ""), fields.get("msgctxt", "")),
        translations,
        [place for line in lines if line.startswith("#: ") for place in line[3:].split()],
        any(line.startswith("#,") and "fuzzy" in line for line in lines),
    )


def write(path: Path, entries: Iterable[Entry]) -> None:
    """A .po, in the order that is given."""
    path.write_text("\n".join("".join(_lines(entry)) for entry in entries), encoding="utf-8")


def _lines(entry: Entry) -> Iterator[str]:
    for start in range(0, len(entry.places), PLACES_PER_LINE):
        yield f"#: {' '.join(entry.places[start : start + PLACES_PER_LINE])}\n"
    if entry.is_fuzzy:
        yield "#, fuzzy\n"
    message = entry.message
    if message.context:
        yield f"msgctxt {_quoted(message.context)}\n"
    yield f"msgid {_quoted(message.text)}\n"
    if not message.plural:
        yield f"msgstr {_quoted(entry.translations[0])}\n"
        return
    yield f"msgid_plural {_quoted(message.plural)}\n"
    for number, text in enumerate(entry.translations):
        yield f"msgstr[{number}] {_quoted(text)}\n"


def _quoted(text: str) -> str:
    lines = [f'"{line.translate(ESCAPES)}"' for line in text.splitlines(keepends=True)]
    if len(lines) > 1:
        return "\n".join(['""', *lines])
    return lines[0] if lines else '""'


def compiled(catalogue: Mapping[str, Entry]) -> bytes:
    """The .mo: both texts of each message in tables sorted by the first, as gettext reads them.
    What is not translated, or doubtful, is left out: the English text stands in."""
    texts = sorted(
        (_original(entry).encode(), "\0".join(entry.translations).encode())
        for entry in catalogue.values()
        if all(entry.translations) and not entry.is_fuzzy
    )
    table_size = 8 * len(texts)
    start = 28 + 2 * table_size
    tables, data = [b"", b""], b""
    for column in (0, 1):
        for pair in texts:
            tables[column] += struct.pack("<2I", len(pair[column]), start + len(data))
            data += pair[column] + b"\0"
    header = struct.pack("<7I", MAGIC, 0, len(texts), 28, 28 + table_size, 0, start)
    return header + tables[0] + tables[1] + data


def _original(entry: Entry) -> str:
    message = entry.message
    return f"{message.key}\0{message.plural}" if message.plural else message.key
