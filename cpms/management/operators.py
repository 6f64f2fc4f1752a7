"""What all of the operators' commands share: exit codes 0, 1, 2, `--json`, examples in `--help`."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any, ClassVar

import orjson
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from cpms.kernel.errors import DomainError

REFUSED = 1


class Refused(Exception):
    """The command ends with exit code 1 and these lines on stderr."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        super().__init__(*lines)


class OperatorCommand(BaseCommand):
    """A command with a `run` method. A refusal ends it with exit code 1 and one line on stderr
    for each reason; wrong usage with exit code 2 (argparse)."""

    examples: ClassVar[tuple[str, ...]] = ()
    requires_system_checks: ClassVar[list[str]] = []
    stealth_options = ("run",)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        if self.examples:
            kwargs["epilog"] = "examples:\n  " + "\n  ".join(self.examples)
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    @staticmethod
    def add_json(parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def print_json(self, value: Any) -> None:
        self.stdout.write(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode())

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.run(**options)
        except Refused as refusal:
            self._end(refusal.lines)
        except DomainError as refusal:
            self._end(refusal.facts.get("errors") or [refusal.text])
        except DatabaseError as fault:
            self._end([f"The database does not answer: {str(fault).splitlines()[0]}"])

    def run(self, **options: Any) -> None:
        """The command itself."""
        raise NotImplementedError

    def _end(self, lines: Any) -> None:
        self.stdout.flush()
        for line in lines:
            self.stderr.write(str(line))
        sys.exit(REFUSED)
