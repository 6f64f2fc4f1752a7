"""What all of the operators' commands share: exit codes 0, 1, 2, `--json`, examples in `--help`."""

import logging
import os
import sys
import traceback
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, IntegrityError

from cpms.kernel.errors import DomainError

REFUSED, USAGE = 1, 2


class Refused(Exception):
    """The command ends with exit code 1 and these lines on stderr."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        super().__init__(*lines)


class OperatorCommand(BaseCommand):
    """A command with a `run` method. A refusal ends it with exit code 1 and one line on stderr
    for each reason; wrong usage with exit code 2 (argparse). Nobody is shown a traceback."""

    examples: ClassVar[tuple[str, ...]] = ()
    requires_system_checks = []
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
        logging.disable(logging.WARNING)  # the pool's tries to connect; what matters is refused
        try:
            self.run(**options)
            self.stdout.flush()
        except BrokenPipeError:  # `… | head`: nobody reads on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except KeyboardInterrupt:
            self._end(["Interrupted."])
        except CommandError:
            raise
        except Exception as fault:  # noqa: BLE001 -- the rim: every fault becomes one line
            self._end(reasons(fault))
        finally:
            logging.disable(logging.NOTSET)

    def run(self, **options: Any) -> None:
        """The command itself."""
        raise NotImplementedError

    def _end(self, lines: Iterable[Any]) -> None:
        self.stdout.flush()
        for line in lines:
            self.stderr.write(str(line))
        sys.exit(REFUSED)


def reasons(fault: Exception) -> Iterable[str]:
    """What to tell the operator, a line for each reason."""
    match fault:
        case Refused():
            return fault.lines
        case DomainError():
            return fault.facts.get("errors") or [fault.text]
        case IntegrityError():
            return ["Somebody changed the same objects meanwhile; run it again."]
        case DatabaseError():
            line = next(iter(str(fault).splitlines()), type(fault).__name__)
            return [f"The database refused or does not answer: {line}"]
    return [f"This is a fault of ours: {fault!r}; see {_keep(fault)}"]


def _keep(fault: Exception) -> Path:
    """Append the traceback to a file that people who mend it will ask for."""
    log = Path(settings.DATA_DIR) / "logs" / "manage.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            file.write("".join(traceback.format_exception(fault)))
    except OSError as refusal:
        return Path(f"(not kept: {refusal})")
    return log
