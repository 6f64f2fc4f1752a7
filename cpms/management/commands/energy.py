"""`manage.py energy backtest SITE`: what each policy would have cost, on real prices and sessions;
`energy dispatch [LOCATION]`: plan now; `energy report LOCATION`: where the energy of a month came
from."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from cpms.management import energy_dispatch, energy_report
from cpms.management.operators import OperatorCommand, Refused
from energy.domain.backtest import backtest
from energy.domain.series import Course, course_of
from energy.domain.site import Site, site_of


class Command(OperatorCommand):
    help = (
        "backtest: replay real prices and sessions through the optimiser that runs the sites: what "
        "would another contract, a battery, a policy have cost? dispatch: plan anew and command the batteries. report: where the energy of a "
        "month, quarter or year came from, as a file."
    )
    examples = (
        "manage.py energy backtest site.json --prices prices.csv --sessions sessions.csv",
        "manage.py energy backtest site.json --prices p.csv --sessions s.csv --from 2025-11-01 --json",
        "manage.py energy dispatch LOC1 --json",
        "manage.py energy report LOC1 --month 2026-10 --format pdf -o october.pdf",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(
            dest="does", required=True, metavar="backtest | dispatch | report"
        )
        replay = does.add_parser("backtest", help="what each policy would have cost")
        replay.add_argument("site", metavar="SITE", type=Path, help="a JSON file")
        replay.add_argument(
            "--prices", metavar="CSV", type=Path, required=True,
            help="ts_utc and price_eur_mwh, or GME's date, hour and zones",
        )  # fmt: skip
        replay.add_argument(
            "--sessions", metavar="CSV", type=Path, required=True, help="start, end (local), kwh"
        )
        replay.add_argument(
            "--from", dest="begins", metavar="D", type=date.fromisoformat,
            help="first local day (YYYY-MM-DD); what is before counts as history",
        )  # fmt: skip
        replay.add_argument(
            "--to", dest="ends", metavar="D", type=date.fromisoformat, help="last local day"
        )
        self.add_json(replay)
        plan = does.add_parser("dispatch", help="what beat does every quarter of an hour, now")
        energy_dispatch.add_arguments(plan)
        self.add_json(plan)
        report = does.add_parser("report", help="where the energy of a time came from")
        energy_report.add_arguments(report)

    def run(self, **options: Any) -> None:
        if options["does"] == "report":
            self.stdout.write(energy_report.write(options))
        elif options["does"] == "dispatch":
            self._dispatch(options)
        else:
            self._backtest(options)

    def _dispatch(self, options: dict[str, Any]) -> None:
        plans = energy_dispatch.dispatch(options)
        if options["json"]:
            self.print_json(plans)
        else:
            self.stdout.write("\n".join(energy_dispatch.in_words(plans)))

    def _backtest(self, options: dict[str, Any]) -> None:
        site = site_of(_json_in(options["site"]))
        course = course_of(site, _text_in(options["prices"]), _text_in(options["sessions"]))
        course = _until(course, options["ends"])
        begins = _midnight(site, options["begins"]) if options["begins"] else None
        if begins is not None and (not course.at or begins > course.at[-1]):
            raise Refused("--from: the prices end before it")
        found = backtest(site, course, begins, self._tell)
        self._tell(None)
        if options["json"]:
            self.print_json(found)
        else:
            self.stdout.write(table(found))

    def _tell(self, share: float | None) -> None:
        """How far it has come, where somebody looks on."""
        if sys.stderr.isatty():
            text = "" if share is None else f"  planning … {share:4.0%}"
            sys.stderr.write(f"\r{text:<20}" + ("\r" if share is None else ""))
            sys.stderr.flush()


def table(found: Any) -> str:
    """The figures for people: cost, how far from the bound, energy by source."""
    policies = found["policies"]
    bound = policies["perfect_foresight"]["cost_eur"]
    lines = [f"{'policy':<20}{'EUR':>12}{'over bound':>12}{'peak kW':>9}  kWh by source"]
    for name, figures in policies.items():
        over = f"{figures['cost_eur'] / bound - 1:+.2%}" if bound > 0 else "–"
        mix = ", ".join(f"{source} {kwh:,.0f}" for source, kwh in figures["kwh_by_source"].items())
        lines.append(
            f"{name:<20}{figures['cost_eur']:>12,.2f}{over:>12}{figures['peak_kw']:>9.1f}  {mix}"
        )
    if found["captured_share"] is not None:
        lines.append(
            f"The optimiser earns {found['captured_share']:.1%} of what the battery could."
        )
    cpu = found["cpu_ms_per_plan"]
    lines.append(f"A plan takes {cpu['p50']} ms of CPU (95 % within {cpu['p95']} ms).")
    return "\n".join(lines)


def _midnight(site: Site, day: date) -> datetime:
    return datetime.combine(day, time(0), site.zone)


def _until(course: Course, last: date | None) -> Course:
    if last is None:
        return course
    count = sum(local.date() <= last for local in course.local)
    if not count:
        raise Refused("--to: the prices begin after it")
    return replace(
        course,
        at=course.at[:count],
        local=course.local[:count],
        spot=course.spot[:count],
        photovoltaics=course.photovoltaics[:count],
        load=course.load[:count],
    )


def _json_in(path: Path) -> Any:
    try:
        return json.loads(_text_in(path))
    except (ValueError, RecursionError) as fault:
        raise Refused(f"{path}: is not JSON: {fault}") from fault


def _text_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise Refused(f"{path}: {fault.strerror or fault}") from fault
    except UnicodeDecodeError as fault:
        raise Refused(f"{path}: is not UTF-8") from fault
