"""`manage.py fleet import|export`: the whole fleet from, and to, one JSON file."""

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.utils import timezone

from cpms.management.fleet.bringing_in import bring_in
from cpms.management.fleet.document import read_fleet
from cpms.management.fleet.writing_out import write_out
from cpms.management.operators import OperatorCommand, Refused


class Command(OperatorCommand):
    help = (
        "Bring in locations, stations, EVSEs, connectors, tariffs and tokens from one JSON file, "
        "or write them out. An import is all or nothing, may be repeated, and deletes nothing."
    )
    examples = (
        "manage.py fleet import fleet.json",
        "manage.py fleet import fleet.json --json   (shows generated passwords, once)",
        "manage.py fleet export > fleet.json",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True, metavar="import|export")
        bringing = does.add_parser("import", help="store what the file says")
        bringing.add_argument("file", metavar="FILE", type=Path, help="a JSON file, UTF-8")
        writing = does.add_parser("export", help="write everything, passwords excepted")
        writing.add_argument("file", metavar="FILE", type=Path, nargs="?", help="default: stdout")
        for one in (bringing, writing):
            self.add_json(one)

    def run(self, **options: Any) -> None:
        getattr(self, f"_{options['does']}")(options)

    def _import(self, options: dict[str, Any]) -> None:
        outcome = bring_in(read_fleet(options["file"]), timezone.now())
        said: dict[str, Any] = {
            name: outcome.counts[name] for name in ("created", "updated", "unchanged")
        }
        generated = outcome.generated_passwords
        if options["json"]:
            self.print_json(said | ({"generated_passwords": generated} if generated else {}))
            return
        self.stdout.write(orjson.dumps(said).decode())
        if generated:
            self.stderr.write(
                f"{len(generated)} stations got a generated password, which only --json shows; "
                "give them another in the portal, or import them with one."
            )

    def _export(self, options: dict[str, Any]) -> None:
        text = orjson.dumps(write_out(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        if options["file"] is None:
            self.stdout.write(text.decode(), ending="")
            return
        try:
            write_file(options["file"], text)
        except (OSError, ValueError) as fault:
            reason = getattr(fault, "strerror", None) or fault
            raise Refused(f"{options['file']}: {reason}") from fault


def write_file(path: Path, content: bytes) -> None:
    """Write a file as a whole, readable by us only (it names tokens): the old one stays until
    the new one is complete. A device or a pipe is written to as it is."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
