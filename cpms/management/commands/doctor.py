"""`manage.py doctor`: is all well, and if not, what to do."""

from argparse import ArgumentParser
from typing import Any

from cpms.management.doctor.findings import FAIL, Finding, worst
from cpms.management.doctor.looking import look
from cpms.management.operators import OperatorCommand, Refused


class Command(OperatorCommand):
    help = (
        "Check configuration, database, Redis, web processes, workers, beat, clock, TLS and disk; "
        "say what to do. Exit code 0: all is well, or warnings only; 1: something failed "
        "(named on stderr)."
    )
    examples = ("manage.py doctor", "manage.py doctor --json")

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_json(parser)

    def run(self, **options: Any) -> None:
        found = []
        for finding in look():
            found.append(finding)
            if not options["json"]:
                self.stdout.write(text(finding))
                self.stdout.flush()
        if options["json"]:
            self.print_json(
                {"status": worst(found), "checks": [finding.as_json() for finding in found]}
            )
        if failed := [finding.check for finding in found if finding.level == FAIL]:
            raise Refused(f"Failed: {', '.join(failed)}.")


def text(finding: Finding) -> str:
    """One line, and one more for what to do."""
    line = f"{finding.level:<5} {finding.check:<20} {finding.said}"
    return f"{line}\n{'':<26} {finding.advice}" if finding.advice else line
