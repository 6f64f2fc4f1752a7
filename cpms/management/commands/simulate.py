"""`manage.py simulate`: simulated stations as real OCPP 1.6 clients, here or elsewhere."""

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop
from django.conf import settings
from django.db import connection

from booking.models import Token
from cpms.embedded.addresses import reachable
from cpms.management.operators import OperatorCommand, Refused
from cpms.simulation import fleet_file
from cpms.simulation.emsp.drivers import demo_cards
from cpms.simulation.fleet_file import FleetPlan
from cpms.simulation.run import Order, Report, first, run
from cpms.simulation.scenarios import SCENARIOS
from cpms.simulation.world import endpoint

DEFAULT_STATIONS = 5
MOST_STATIONS = 100_000
LOG_EVERY_S = 60.0  # where nobody watches
DEMO_SPEED = 6.0
DEMO_BEHIND = timedelta(minutes=10)
PREFIX = "SIM"
CARDS_SHARE = 2  # of the eMSP's cards among all: a third
CARDS_WITHIN_S = 15.0
POLL_S = 0.2


class Command(OperatorCommand):
    help = (
        "Simulate charging stations: real OCPP 1.6 clients with drivers, faults and bad manners. "
        "Identities and passwords come from a fleet file that the server has imported "
        "(manage.py fleet import); the default is the demo's. Ends after --seconds, or at "
        "Ctrl-C. Exit code 0: all went well; 1: the server refused something (reasons on "
        "stderr); 2: usage."
    )
    examples = (
        "manage.py simulate --stations 5",
        "manage.py simulate --list-scenarios",
        "manage.py simulate --stations 10 --scenario offline-replay --seconds 120 --json",
        "manage.py simulate --stations 2 --scenario rude --url ws://cpms.example.com:8000",
        "manage.py simulate --write-fleet many.json --stations 500",
        "manage.py fleet import many.json   # on the server",
        "manage.py simulate --fleet many.json --stations 500 --url wss://cpms.example.com",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stations", type=_stations, metavar="N", help="how many (default 5)")
        parser.add_argument("--url", type=_url, help="the server (default: the one of this host)")
        parser.add_argument("--scenario", choices=SCENARIOS, default="normal", metavar="NAME")
        parser.add_argument("--list-scenarios", action="store_true", help="name them all and end")
        parser.add_argument("--seconds", type=_positive, metavar="S", help="end after S seconds")
        parser.add_argument("--fleet", type=Path, metavar="FILE", help="identities and passwords")
        parser.add_argument("--write-fleet", type=Path, metavar="FILE", help="make such a file")
        parser.add_argument(
            "--recorded", action="store_true", help="drivers repeat recorded sessions"
        )
        parser.add_argument(
            "--speed", type=_positive, default=1.0, metavar="X", help="recorded sessions, sped up"
        )
        parser.add_argument(
            "--memory", type=Path, metavar="FILE", help="stations go on with what they had"
        )
        parser.add_argument(
            "--ledger", type=Path, metavar="FILE", help="append every message and its fate"
        )
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance")
        parser.add_argument("--demo", action="store_true", help="what `make demo` runs")
        self.add_json(parser)

    def run(self, **options: Any) -> None:
        if options["list_scenarios"]:
            self._list_scenarios(as_json=options["json"])
        elif options["write_fleet"]:
            self._write_fleet(options["write_fleet"], options["stations"] or DEFAULT_STATIONS)
        else:
            order = _demo(options) if options["demo"] else _order(options)
            self._simulate(order, as_json=options["json"])

    def _list_scenarios(self, *, as_json: bool) -> None:
        if as_json:
            self.print_json({name: one.description for name, one in SCENARIOS.items()})
            return
        for name, scenario in SCENARIOS.items():
            self.stdout.write(f"{name:<22} {scenario.description}")

    def _write_fleet(self, path: Path, stations: int) -> None:
        """Stations that the file has already keep their passwords."""
        try:
            known = json.loads(path.read_text()) if path.exists() else None
            if known and not known["stations"][0]["identity"].startswith(PREFIX):
                raise Refused(f"{path} holds another fleet; choose another FILE.")
            document = fleet_file.generate(stations, PREFIX, known)
            path.touch(mode=0o600)
            path.write_text(json.dumps(document, indent=1) + "\n")
        except (OSError, ValueError, LookupError, TypeError) as fault:
            raise Refused(f"{path} cannot be written: {fault}") from fault
        self.stdout.write(
            f"{stations} stations written to {path}. On the server: manage.py fleet import {path}; "
            f"then: manage.py simulate --fleet {path} --stations {stations}"
        )

    def _simulate(self, order: Order, *, as_json: bool) -> None:
        screen = Screen()
        try:
            report = uvloop.run(run(order, screen.show))
        except OSError as fault:
            raise Refused(str(fault)) from fault
        finally:
            screen.close()
        if as_json:
            rude = {"rude": [verdict.as_json() for verdict in report.verdicts]}
            self.print_json(report.summary | (rude if report.verdicts else {}))
        else:
            self.stdout.write(_text(report))
        if report.wrongs:
            raise Refused(*report.wrongs)


class Screen:
    """Shows progress on stderr: one living line for a person, now and then a line for a log."""

    def __init__(self) -> None:
        self._is_live = sys.stderr.isatty()
        self._next_at = 0.0
        self._is_open = False

    def show(self, text: str) -> None:
        is_progress = " connected | " in text
        if self._is_live:
            sys.stderr.write(f"\r\x1b[K{text}" if is_progress else f"\r\x1b[K{text}\n")
            self._is_open = is_progress
        elif not is_progress or time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + LOG_EVERY_S if is_progress else self._next_at
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        if self._is_open:
            sys.stderr.write("\n")


def _order(options: dict[str, Any]) -> Order:
    plan = _plan(options["fleet"] or fleet_file.DEMO)
    wanted = options["stations"] or min(DEFAULT_STATIONS, len(plan.stations))
    if wanted > len(plan.stations):
        raise Refused(
            f"The fleet file has {len(plan.stations)} stations. Make a larger one: "
            f"manage.py simulate --write-fleet FILE --stations {wanted}; import it on the server: "
            "manage.py fleet import FILE; then add --fleet FILE here."
        )
    return Order(
        url=options["url"] or _own_url(),
        plan=first(plan, wanted),
        scenario=options["scenario"],
        seconds=options["seconds"],
        recorded=options["recorded"],
        speed=options["speed"],
        memory=options["memory"],
        ledger=options["ledger"],
        seed=options["seed"],
    )


def _demo(options: dict[str, Any]) -> Order:
    """The whole demo fleet: hastened recorded sessions, some under way at the start, and what the
    stations had when the demo was stopped."""
    folder = settings.DATA_DIR / "simulation"
    folder.mkdir(parents=True, exist_ok=True)
    plan, cards = _plan(fleet_file.DEMO), demo_cards()
    _await_cards(cards)
    return Order(
        url=options["url"] or _own_url(),
        plan=replace(plan, id_tags=plan.id_tags + cards * CARDS_SHARE),
        recorded=True,
        speed=DEMO_SPEED,
        behind=DEMO_BEHIND,
        memory=folder / "stations.json",
    )


def _await_cards(cards: tuple[str, ...]) -> None:
    """Until the simulated eMSP has told us of its cards, for a while: people come with them."""
    until = time.monotonic() + CARDS_WITHIN_S
    while time.monotonic() < until and not Token.objects.filter(uid__in=cards).exists():
        time.sleep(POLL_S)
    connection.close()


def _plan(path: Path) -> FleetPlan:
    try:
        plan = fleet_file.read_plan(path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as fault:
        reason = f"{type(fault).__name__}: {fault}"
        raise Refused(f"{path} is not a fleet file with passwords: {reason}") from fault
    if not plan.stations:
        raise Refused(f"{path} holds no stations.")
    return plan


def _own_url() -> str:
    return endpoint(f"ws://{reachable(settings.HOST, settings.PORT)}")


def _text(report: Report) -> str:
    """The summary for a person."""
    summary = report.summary
    rows = [f"{'action':<30}{'sent':>10}{'acknowledged':>14}{'refused':>9}{'lost':>7}"]
    rows += [
        f"{action:<30}{n['sent']:>10}{n['acknowledged']:>14}{n['refused']:>9}"
        f"{n['lost'] + n['timed_out']:>7}"
        for action, n in summary["messages"]["by_action"].items()
    ]
    sessions, latency = summary["sessions"], summary["latency_ms"]
    rows += [
        f"sessions: {sessions['started']} started, {sessions['ended']} ended",
        f"energy: {sessions['energy_kwh']} kWh in ended sessions",
        f"answers after: p50 {latency['p50']} ms, p95 {latency['p95']} ms, max {latency['max']} ms",
    ]
    for name in ("faults", "errors"):
        if summary[name]:
            rows.append(f"{name}: " + ", ".join(f"{k} ×{v}" for k, v in summary[name].items()))
    return "\n".join(rows)


def _stations(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_STATIONS:
        raise ArgumentTypeError(f"a whole number from 1 to {MOST_STATIONS}, not {text!r}")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"a number above 0, not {text!r}")
    return number


def _url(text: str) -> str:
    try:
        return endpoint(text)
    except ValueError as fault:
        raise ArgumentTypeError(str(fault)) from fault
