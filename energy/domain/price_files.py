"""Files of day-ahead prices.

JSON: what REST takes, `{"unit": "MWh", "prices": [{"starts_at", "ends_at", "price", "firm"}]}`.
CSV, with commas or semicolons (then perhaps decimal commas): `starts_at` with its zone, or
`ts_utc`; perhaps `ends_at`, else each price holds until the next; and one of the columns of
`PER_KWH`.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, DecimalException
from itertools import pairwise
from typing import Any

from cpms.kernel.documents import Unreadable, read_json
from energy.domain.supply import Price
from energy.enums import PriceUnit
from energy.errors import BadPrices

KINDS = (".csv", ".json")
MOST_BYTES = 5_000_000
MOST_FAULTS = 10  # told; who reads on, when all lines are wrong?
PER_KWH = {"price_kwh": 1, "price_eur_kwh": 1, "price_mwh": 1000, "price_eur_mwh": 1000}

Row = Mapping[str, Any]


def prices_in(name: str, content: bytes) -> list[Price]:
    """The prices that a file of this name holds. Raises BadPrices with a line for each fault;
    whether the prices can be, `check_prices` says."""
    if not name.lower().endswith(KINDS):
        raise BadPrices("A file of prices ends in .csv or .json.")
    if len(content) > MOST_BYTES:
        raise BadPrices(f"A file of prices has at most {MOST_BYTES:,} bytes.")
    faults: list[str] = []
    found = list(_read(name, content, faults))
    if faults:
        raise BadPrices("; ".join(faults), errors=faults)
    if not found:
        raise BadPrices("There are no prices in it.")
    return found


def _read(name: str, content: bytes, faults: list[str]) -> Iterator[Price]:
    """Each price; what is wrong with others goes to `faults`, until there are too many."""
    is_json = name.lower().endswith(".json")
    rows, per_kwh, column = _rows_of_json(content) if is_json else _rows_of_csv(content)
    for (label, row), end in zip(rows, _ends(rows), strict=True):
        try:
            yield Price(
                _instant(row, "starts_at"),
                _instant(row, "ends_at") if end is None else end,
                Decimal(str(row[column])) / per_kwh,
                row.get("firm", True) is not False,
            )
        except (KeyError, ValueError, OverflowError, DecimalException):
            faults.append(f"{label}: needs starts_at, ends_at with their zone and {column}")
            if len(faults) == MOST_FAULTS:
                return


Rows = list[tuple[str, Row]]


def _rows_of_json(content: bytes) -> tuple[Rows, int, str]:
    try:
        said = read_json(content)
    except Unreadable as fault:
        raise BadPrices(str(fault)) from fault
    if not isinstance(said, dict) or said.get("unit") not in PriceUnit.values:
        raise BadPrices("It must be an object with a unit (kWh or MWh) and prices.")
    prices = said.get("prices")
    if not isinstance(prices, list) or not all(isinstance(one, dict) for one in prices):
        raise BadPrices("Its prices must be a list of objects.")
    per_kwh = 1000 if said["unit"] == PriceUnit.MWH else 1
    return [(f"prices.{place}", one) for place, one in enumerate(prices)], per_kwh, "price"


def _rows_of_csv(content: bytes) -> tuple[Rows, int, str]:
    try:
        text = content.decode("utf-8-sig")
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        rows = [(f"line {reader.line_num}", _named(row, delimiter)) for row in reader]
    except (UnicodeDecodeError, csv.Error) as fault:
        raise BadPrices(f"It cannot be read as CSV in UTF-8: {fault}") from fault
    columns = rows[0][1] if rows else {}
    column = next((one for one in PER_KWH if one in columns), None)
    if column is None:
        raise BadPrices(f"There is no column of prices: one of {', '.join(PER_KWH)}.")
    return rows, PER_KWH[column], column


def _named(row: Mapping[Any, Any], delimiter: str) -> Row:
    """By lower-case column; `ts_utc` says its zone by its name."""
    found = {str(name).strip().lower(): str(text or "").strip() for name, text in row.items()}
    if delimiter == ";":
        found |= {one: found[one].replace(",", ".") for one in PER_KWH if one in found}
    if "ts_utc" in found:
        found["starts_at"] = f"{found['ts_utc'].removesuffix('Z')}+00:00"
    return found


def _ends(rows: Sequence[tuple[str, Row]]) -> Sequence[datetime | None]:
    """Where a file says only when prices begin: each ends with the next, the last after as long
    as the shortest. None: it says so itself, or cannot be read."""
    if not rows or "ends_at" in rows[0][1]:
        return [None] * len(rows)
    try:
        begins = [_instant(row, "starts_at") for _, row in rows]
    except (KeyError, ValueError, OverflowError):
        return [None] * len(rows)
    if len(begins) < 2 or any(b <= a for a, b in pairwise(begins)):  # noqa: PLR2004 -- a period has two ends
        raise BadPrices("Without ends_at there must be several prices, in the order of time.")
    shortest = min((b - a for a, b in pairwise(begins)), default=timedelta(0))
    return [*begins[1:], begins[-1] + shortest]


def _instant(row: Row, name: str) -> datetime:
    """Raises KeyError, ValueError: also for a local time, which means nothing when clocks
    change."""
    found = datetime.fromisoformat(str(row[name]))
    if found.tzinfo is None:
        raise ValueError(name)
    return found.astimezone(UTC)
