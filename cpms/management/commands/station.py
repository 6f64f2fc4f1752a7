"""`manage.py station list|show|call`: look at stations and talk to one."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from cpms.kernel.documents import Unreadable, read_json
from cpms.management.operators import USAGE, OperatorCommand, Refused
from stations import selectors, services
from stations.enums import OPEN_COMMAND
from stations.errors import InvalidPayload, UnknownAction
from stations.models import ChargingStation, Evse, StationCommand

POLL_S = 0.05
GRACE = timedelta(seconds=5)


class Command(OperatorCommand):
    help = "List the stations, show one, or send one an OCPP request and print its answer."
    examples = (
        "manage.py station list",
        "manage.py station show CP001 --json",
        'manage.py station call CP001 Reset \'{"type": "Soft"}\'',
        "manage.py station call CP001 GetConfiguration '{}' --timeout 10",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True, metavar="list|show|call")
        listing = does.add_parser("list", help="all stations")
        show = does.add_parser("show", help="one station with its EVSEs")
        call = does.add_parser("call", help="send an OCPP request, wait, print the answer")
        for parser_of_one in (show, call):
            parser_of_one.add_argument("identity", metavar="ID", help="the station's identity")
        call.add_argument("action", metavar="ACTION", help="e.g. Reset, GetConfiguration")
        call.add_argument("payload", metavar="JSON", help="the request's payload, an object")
        call.add_argument("--timeout", type=_seconds, metavar="S", help="wait at most S seconds")
        for one in (listing, show, call):
            self.add_json(one)

    def run(self, **options: Any) -> None:
        getattr(self, f"_{options['does']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = [_line(station) for station in selectors.stations()]
        if options["json"]:
            self.print_json(rows)
            return
        for row in rows:
            state = "connected" if row["connected"] else "absent"
            self.stdout.write(f"{row['identity']:<24} {state:<10} {row['location_id']}")

    def _show(self, options: dict[str, Any]) -> None:
        station = selectors.station_by_identity(options["identity"])
        shown = {**_line(station), **_details(station)}
        if options["json"]:
            self.print_json(shown)
            return
        for name, value in shown.items():
            if name != "evses":
                self.stdout.write(f"{name:<18} {value if value is not None else '-'}")
        for evse in shown["evses"]:
            self.stdout.write(
                f"EVSE {evse['number']:<13} {evse['status']:<14} {evse['uid']} ({evse['availability']})"
            )

    def _call(self, options: dict[str, Any]) -> None:
        payload = _payload(options["payload"])
        station = selectors.station_by_identity(options["identity"])
        deadline = options["timeout"] or settings.OCPP.command_deadline
        try:
            command = services.issue_command(
                station=station,
                action=options["action"],
                payload=payload,
                now=timezone.now(),
                origin="manage.py",
                deadline=deadline,
            )
        except (UnknownAction, InvalidPayload) as refusal:
            raise CommandError(refusal.text, returncode=USAGE) from refusal
        settled = _wait(command, deadline + GRACE)
        if settled.response is None:
            error = settled.error or {"code": "timed_out", "description": "No answer in time."}
            raise Refused(f"{error['code']}: {error['description']}")
        self.print_json(settled.response)


def _seconds(text: str) -> timedelta:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:  # noqa: PLR2004 -- an hour
        raise ArgumentTypeError(f"seconds, up to 3600, not {text!r}")
    return timedelta(seconds=seconds)


def _payload(text: str) -> dict[str, Any]:
    """The payload argument. Wrong JSON is wrong usage: exit code 2."""
    try:
        payload = read_json(text)
    except Unreadable as fault:
        raise CommandError(str(fault), returncode=USAGE) from fault
    if not isinstance(payload, dict):
        raise CommandError("JSON must be an object, such as '{}'.", returncode=USAGE)
    return payload


def _wait(command: StationCommand, longest: timedelta) -> StationCommand:
    """Until the command is settled, or the sweep should have settled it."""
    until = time.monotonic() + longest.total_seconds()
    while command.status in OPEN_COMMAND and time.monotonic() < until:
        time.sleep(POLL_S)
        command.refresh_from_db(fields=["status", "response", "error"])
    if command.status in OPEN_COMMAND:
        services.expire_commands(now=timezone.now())
        command.refresh_from_db(fields=["status", "response", "error"])
    return command


def _line(station: ChargingStation) -> dict[str, Any]:
    link = station.connection
    return {
        "identity": station.identity,
        "location_id": station.location.ocpi_id,
        "connected": link.is_connected,
        "last_seen_at": link.last_seen_at,
        "vendor": station.vendor,
        "model": station.model,
    }


def _details(station: ChargingStation) -> dict[str, Any]:
    return {
        "security_profile": station.security_profile,
        "serial_number": station.serial_number,
        "firmware_version": station.firmware_version,
        "subprotocol": station.connection.subprotocol,
        "booted_at": station.booted_at,
        "availability": station.availability,
        "registration": station.registration,
        "evses": [_evse(evse) for evse in station.evses.order_by("number")],
    }


def _evse(evse: Evse) -> dict[str, Any]:
    return {
        "number": evse.number,
        "uid": evse.uid,
        "status": evse.status,
        "error_code": evse.error_code,
        "availability": evse.availability,
    }
