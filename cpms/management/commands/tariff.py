"""`manage.py tariff price FILE`: what sessions would cost, by the engine that makes the CDRs."""

import json
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from cpms.kernel.errors import DomainError
from cpms.management.operators import OperatorCommand, Refused
from tariffs.domain.charging_periods import usage_of
from tariffs.domain.matching import RESERVATION_TIME
from tariffs.domain.model import ENERGY, PARKING_TIME, TIME
from tariffs.domain.pricing import Price, price
from tariffs.domain.reading import tariff_of
from tariffs.errors import InvalidUsage, TariffNotValid

WH_PER_KWH, S_PER_MIN = 1000, 60
FEWEST_DECIMALS = 4


class Command(OperatorCommand):
    help = (
        "Price sessions by OCPI tariffs. FILE is a JSON array of {id, version (2.2.1 or 2.3.0), "
        "tariff, session: {time_zone, start_date_time, end_date_time, charging_periods}}; the "
        "answer, always JSON, is an array of {id, excl_vat, incl_vat, billed} or {id, error}."
    )
    examples = ("manage.py tariff price sessions.json",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True, metavar="price")
        pricing = does.add_parser("price", help="what each session of a file costs")
        pricing.add_argument("file", metavar="FILE", type=Path, help="a JSON file, UTF-8")
        self.add_json(pricing)

    def run(self, **options: Any) -> None:
        answers = [answer_to(entry) for entry in read_entries(options["file"])]
        self.print_json(answers)
        refused = [one for one in answers if "error" in one]
        if refused:
            raise Refused(*(f"{one['id']}: {one['error']}" for one in refused))


def read_entries(path: Path) -> list[Any]:
    """The array in a file, its numbers exact. Raises Refused."""
    try:
        entries = json.loads(path.read_bytes(), parse_float=Decimal, parse_constant=_no_number)
    except OSError as fault:
        raise Refused(f"{path}: {fault.strerror or fault}") from fault
    except (ValueError, RecursionError) as fault:
        raise Refused(f"{path}: is not JSON in UTF-8: {fault}") from fault
    if not isinstance(entries, list):
        raise Refused(f"{path}: must be a JSON array")
    return entries


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def answer_to(entry: Any) -> dict[str, Any]:
    """One entry priced, or why it cannot be."""
    said = entry if isinstance(entry, dict) else {}
    name = said.get("id") if isinstance(said.get("id"), str | int) else None
    try:
        priced = _price_of(entry)
    except DomainError as refusal:
        return {"id": name, "error": refusal.text}
    return {
        "id": name,
        "excl_vat": written(priced.excl_vat, FEWEST_DECIMALS),
        "incl_vat": None if priced.incl_vat is None else written(priced.incl_vat, FEWEST_DECIMALS),
        "billed": {
            ENERGY: written(priced.billed(ENERGY) / WH_PER_KWH),
            **{
                f"{role}_min": written(priced.billed(role) / S_PER_MIN)
                for role in (TIME, PARKING_TIME, RESERVATION_TIME)
            },
        },
    }


def _price_of(entry: Any) -> Price:
    """Raises InvalidTariff, InvalidUsage, TariffNotValid."""
    if not isinstance(entry, dict):
        raise InvalidUsage("must be an object with id, tariff and session")
    tariff = tariff_of(entry.get("tariff"), entry.get("version") or "2.2.1")
    usage = usage_of(entry.get("session"))
    if not tariff.holds_at(usage.started_at):
        raise TariffNotValid(tariff_id=tariff.id)
    return price(tariff, usage)


def written(number: Decimal, fewest: int = 1) -> orjson.Fragment:
    """The number in JSON, not rounded, with at least so many decimals."""
    text = f"{number:f}"
    whole, _, decimals = text.partition(".")
    return orjson.Fragment(f"{whole}.{decimals.rstrip('0').ljust(fewest, '0')}")
