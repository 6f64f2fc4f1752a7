"""`manage.py energy report`: the energy sources report of a location, as a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from cpms.management.operators import Refused
from energy import selectors
from energy.rendering import FORMATS
from stations.selectors import location_by_id


def add_arguments(report: ArgumentParser) -> None:
    report.add_argument("location", metavar="LOCATION", help="its id")
    report.add_argument(
        "--month", required=True, metavar="M", help="a month (2026-10), quarter (2026-Q4) or year"
    )
    report.add_argument("--format", required=True, choices=list(FORMATS))
    report.add_argument("-o", "--output", required=True, type=Path, metavar="FILE")


def write(options: dict[str, Any]) -> str:
    """Writes the file; what was written, in a line. Raises Refused, and what the report does."""
    location = location_by_id(options["location"])
    report = selectors.energy_report(location, options["month"], timezone.now())
    path: Path = options["output"]
    _, render = FORMATS[options["format"]]
    try:
        path.write_bytes(render(location, report))
    except OSError as fault:
        raise Refused(f"{path}: {fault.strerror or fault}") from fault
    return f"{report.period}: {report.kwh} kWh, {report.ev_kwh} to vehicles, in {path}"
