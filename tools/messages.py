"""Gather the texts that people read into the catalogues of `locale/`, and compile those.

`make messages` keeps the translations there are, adds new messages untranslated and drops those
that no source has any more. Needs neither GNU gettext nor a database. `docs/languages.md` says
how a language is added.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from tools import catalogue
from tools.catalogue import Catalogue, Entry, Message

ROOT = Path(__file__).resolve().parent.parent
APPS = sorted(path.parent.name for path in ROOT.glob("*/apps.py"))
# Programs and protocols are spoken to in English.
UNREAD = {"migrations", "simulation", "management", "embedded", "transport", "v221", "v230", "api"}
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "pgettext_lazy"}
STATE = "Shown"  # its word, which templates translate
LITERAL = r"u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
CALL = re.compile(rf"\b(_|n?p?gettext)\(({LITERAL}(?:, ?{LITERAL})*)", re.DOTALL)

Found = tuple[Message, str]  # and the file it stands in


def gather() -> dict[Message, list[str]]:
    """Every message of the sources, with the files it stands in."""
    places: dict[Message, set[str]] = {}
    for message, place in (*of_templates(), *of_modules()):
        places.setdefault(message, set()).add(place)
    return {message: sorted(places[message]) for message in _merged(places)}


def _merged(messages: dict[Message, set[str]]) -> list[Message]:
    """One entry for each key: a text that is counted somewhere is its own singular elsewhere."""
    by_key: dict[str, Message] = {}
    for message in sorted(messages):
        known = by_key.get(message.key)
        if known is not None and known != message:
            messages[message] |= messages[known]
        by_key[message.key] = message  # sorted: with its plural after without
    return sorted(by_key.values())


def of_templates() -> Iterator[Found]:
    paths = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("templates/**/*.txt")]
    for path in sorted(paths):
        place = path.relative_to(ROOT).as_posix()
        yield from ((one, place) for one in in_template(path.read_text(encoding="utf-8")))


def in_template(text: str) -> Iterator[Message]:
    """Django turns its tags into calls of gettext; these are read here."""
    for name, arguments in CALL.findall(templatize(text)):
        literals = re.findall(LITERAL, arguments, re.DOTALL)
        yield _message(name, [ast.literal_eval(one) for one in literals])


def of_modules() -> Iterator[Found]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if not UNREAD & set(path.parts):
                yield from ((one, place) for one in in_module(path.read_text(encoding="utf-8")))


def in_module(text: str) -> Iterator[Message]:
    """Calls of gettext, and refusals: the kernel that these come from knows no Django, so what
    they say bears no mark."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from _of_refusal(node.exc)
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(node)


def _of_call(call: ast.Call) -> Iterator[Message]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name == STATE:
        yield from map(Message, _literals(call.args[:1]))
    elif name in MARKS and (texts := _literals(call.args)):
        yield _message(name, texts)


def _of_refusal(call: ast.Call) -> Iterator[Message]:
    """`raise Refused("A sentence.")`; what is no sentence is a protocol's `field: reason`."""
    for text in _literals(call.args)[:1]:
        if text[:1].isupper() and text.endswith("."):
            yield Message(text)


def _of_class(refusal: ast.ClassDef) -> Iterator[Message]:
    """`code, message = "…", "…"`, or `message: ClassVar[str] = "…"`."""
    for node in refusal.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            names = [getattr(one, "id", "") for one in getattr(target, "elts", [target])]
            values = getattr(node.value, "elts", [node.value])
            if "message" in names and len(values) == len(names):
                yield from map(Message, _literals([values[names.index("message")]]))


def _literals(nodes: list[ast.expr]) -> list[str]:
    return [
        one.value
        for one in nodes
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value
    ]


def _message(name: str, texts: list[str]) -> Message:
    if name.startswith("n"):
        return Message(texts[0], texts[1])
    if name.startswith("p"):
        return Message(texts[1], context=texts[0])
    return Message(texts[0])


def updated(old: Catalogue, found: dict[Message, list[str]]) -> Catalogue:
    """The catalogue with the messages that there are now."""
    forms = _plural_forms(old[""])
    fresh: Catalogue = {"": old[""]}
    for message, places in found.items():
        known = old.get(message.key)
        keeps = known is not None and bool(known.message.plural) == bool(message.plural)
        blank = [""] * (forms if message.plural else 1)
        fresh[message.key] = Entry(
            message,
            known.translations if known and keeps else blank,
            places,
            bool(known and keeps and known.is_fuzzy),
        )
    return fresh


def _plural_forms(header: Entry) -> int:
    stated = re.search(r"nplurals=(\d+)", header.translations[0])
    return int(stated[1]) if stated else 2


def catalogues() -> list[Path]:
    return sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))


def main() -> int:
    found = gather()
    for path in catalogues():
        fresh = updated(catalogue.read(path), found)
        catalogue.write(path, fresh.values())
        path.with_suffix(".mo").write_bytes(catalogue.compiled(fresh))
        missing = [entry for entry in fresh.values() if not all(entry.translations)]
        print(f"{path.parent.parent.name}: {len(fresh) - 1} messages, {len(missing)} to translate")
        for entry in missing:
            print(f"  {entry.message.text!r}  {entry.places[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
