"""OCPI Tariff objects (2.2.1 §11.3.1, 2.3.0 §11.3.1) read into the engine's model.

What cannot be priced is refused here, by `path: reason`; nothing is guessed and nothing that
bears on the price is ignored.
"""

import re
from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from tariffs.domain.model import (
    KINDS,
    RESERVATION,
    RESERVATION_EXPIRES,
    UNIT,
    Element,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Tariff,
)
from tariffs.domain.numbers import Fields
from tariffs.errors import InvalidTariff

VERSIONS = ("2.2.1", "2.3.0")
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
MIDNIGHT = time(0)
LIMITS = {"2.2.1": ("excl_vat", "incl_vat"), "2.3.0": ("before_taxes", "after_taxes")}
TAX_INCLUDED = frozenset({"YES", "NO", "N/A"})
WH_PER_KWH = 1000


def tariff_of(body: Any, version: Any = "2.2.1") -> Tariff:
    """The tariff that an OCPI object says. Raises InvalidTariff."""
    fields = Fields(body, "", InvalidTariff)
    if version not in VERSIONS:
        raise InvalidTariff(f"version: must be one of {', '.join(VERSIONS)}")
    tax = _tax_included(fields) if version == "2.3.0" else "NO"
    kind = fields.text("type") if "type" in fields else None
    if version == "2.2.1" and kind is not None and kind not in KINDS:
        raise fields.refuse("type", f"must be one of {', '.join(sorted(KINDS))}")
    return Tariff(
        id=fields.text("id"),
        currency=fields.text("currency"),
        elements=tuple(_element(one, has_tax=tax != "N/A") for one in fields.objects("elements")),
        kind=kind,
        min_price=_limit(fields, "min_price", version),
        max_price=_limit(fields, "max_price", version),
        valid_from=fields.instant("start_date_time") if "start_date_time" in fields else None,
        valid_until=fields.instant("end_date_time") if "end_date_time" in fields else None,
        includes_tax=tax == "YES",
    )


def stored_tariff(body: Mapping[str, Any]) -> Tariff:
    """`tariff_of` a 2.2.1 object, remembered: the same few tariffs price most sessions."""
    try:
        return _remembered(orjson.dumps(body))
    except orjson.JSONEncodeError:  # a field we do not read holds a huge number
        return tariff_of(body)


@lru_cache(maxsize=1024)
def _remembered(text: bytes) -> Tariff:
    return tariff_of(orjson.loads(text))


def _tax_included(fields: Fields) -> str:
    said = fields.text("tax_included")
    if said not in TAX_INCLUDED:
        raise fields.refuse("tax_included", "must be YES, NO or N/A")
    return said


def _limit(fields: Fields, name: str, version: str) -> PriceLimit | None:
    if name not in fields:
        return None
    limit = fields.object(name)
    without, with_tax = LIMITS[version]
    return PriceLimit(
        excl_vat=limit.number(without),
        incl_vat=limit.number(with_tax) if with_tax in limit else None,
    )


def _element(fields: Fields, *, has_tax: bool) -> Element:
    restrictions = (
        _restrictions(fields.object("restrictions")) if "restrictions" in fields else Restrictions()
    )
    components = tuple(_component(one, has_tax) for one in fields.objects("price_components"))
    return Element(components, restrictions)


def _component(fields: Fields, has_tax: bool) -> PriceComponent:  # noqa: FBT001 -- private
    dimension = fields.text("type")
    if dimension not in UNIT:
        raise fields.refuse("type", f"must be one of {', '.join(sorted(UNIT))}")
    vat = fields.number("vat") if "vat" in fields else None
    if vat is not None and vat < 0:
        raise fields.refuse("vat", "must not be negative")
    return PriceComponent(
        dimension=dimension,
        price=fields.number("price"),
        step_size=fields.whole("step_size"),
        vat=vat if has_tax else None,
    )


def _restrictions(fields: Fields) -> Restrictions:
    from_time, until_time = _times(fields)
    return Restrictions(
        from_time=from_time,
        until_time=until_time,
        from_date=fields.day("start_date") if "start_date" in fields else None,
        until_date=fields.day("end_date") if "end_date" in fields else None,
        min_wh=_wh(fields, "min_kwh"),
        max_wh=_wh(fields, "max_kwh"),
        min_current_a=_number(fields, "min_current"),
        max_current_a=_number(fields, "max_current"),
        min_power_kw=_number(fields, "min_power"),
        max_power_kw=_number(fields, "max_power"),
        min_duration_s=fields.whole("min_duration") if "min_duration" in fields else None,
        max_duration_s=fields.whole("max_duration") if "max_duration" in fields else None,
        weekdays=_weekdays(fields),
        reservation=_reservation(fields),
    )


def _times(fields: Fields) -> tuple[time | None, time | None]:
    """From and until when, on each day; None: its beginning, its end. Equal times are the whole
    day: a period that holds never would not have been written down."""
    from_time, until_time = _time(fields, "start_time"), _time(fields, "end_time")
    if from_time == until_time:
        return None, None
    return (
        None if from_time == MIDNIGHT else from_time,
        None if until_time == MIDNIGHT else until_time,
    )


def _number(fields: Fields, name: str) -> Decimal | None:
    return fields.number(name) if name in fields else None


def _wh(fields: Fields, name: str) -> Decimal | None:
    return fields.number(name) * WH_PER_KWH if name in fields else None


def _time(fields: Fields, name: str) -> time | None:
    if name not in fields:
        return None
    text = fields.text(name)
    if not TIME_OF_DAY.fullmatch(text):
        raise fields.refuse(name, "must be a time of day (HH:MM)")
    return time.fromisoformat(text)


def _weekdays(fields: Fields) -> frozenset[int]:
    if "day_of_week" not in fields:
        return frozenset()
    names = fields.value("day_of_week")
    if not isinstance(names, list) or any(name not in WEEKDAYS for name in names):
        raise fields.refuse("day_of_week", f"must be a list of {', '.join(WEEKDAYS)}")
    return frozenset(WEEKDAYS.index(name) for name in names)


def _reservation(fields: Fields) -> str | None:
    if "reservation" not in fields:
        return None
    said = fields.text("reservation")
    if said not in {RESERVATION, RESERVATION_EXPIRES}:
        raise fields.refuse("reservation", f"must be {RESERVATION} or {RESERVATION_EXPIRES}")
    return said
