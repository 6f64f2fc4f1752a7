"""OCPI's session with its `charging_periods` (2.2.1 §10.4.6) read into the engine's usage.

Volumes of time are hours with four decimals or so: a third of an hour is written 0.3333. Where a
volume is the length of its period but for that rounding, the length counts.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tariffs.domain.numbers import Fields, grained
from tariffs.domain.usage import ZERO, Period, Usage, seconds
from tariffs.errors import InvalidUsage

DIMENSIONS = frozenset(
    [
        "CURRENT", "ENERGY", "ENERGY_EXPORT", "ENERGY_IMPORT", "MAX_CURRENT", "MIN_CURRENT",
        "MAX_POWER", "MIN_POWER", "PARKING_TIME", "POWER", "RESERVATION_TIME", "STATE_OF_CHARGE",
        "TIME",
    ]
)  # fmt: skip
TIMES = ("TIME", "PARKING_TIME", "RESERVATION_TIME")
WRITTEN_TO = Decimal("0.2")  # seconds: 0.00005 h and a little
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
WH_PER_KWH, S_PER_H = 1000, 3600

Volumes = dict[str, Decimal]


def usage_of(session: Any) -> Usage:
    """What an OCPI session or CDR (with the `time_zone` of its location) used. Raises
    InvalidUsage with `path: reason`.

    `reservation_expired` may say that a reservation was not used; else one that no charging
    followed counts as such.
    """
    fields = Fields(session, "", InvalidUsage)
    begin, end = _instant(fields, "start_date_time"), _instant(fields, "end_date_time")
    if end < begin:
        raise fields.refuse("end_date_time", "must not be before start_date_time")
    raw = fields.objects("charging_periods") if fields.value("charging_periods") != [] else []
    starts = [_instant(one, "start_date_time") for one in raw]
    periods = []
    for one, starts_at, ends_at in zip(raw, starts, [*starts[1:], end], strict=False):
        if ends_at < starts_at:
            raise one.refuse("start_date_time", "must not be after the next one, nor the end")
        periods.append(_period(one, starts_at, ends_at))
    expired = bool(periods) and not any(period.is_charging_session for period in periods)
    if "reservation_expired" in fields:
        expired = fields.value("reservation_expired") is True
    return Usage(_zone(fields), begin, end, periods, expired)


def _instant(fields: Fields, name: str) -> datetime:
    instant = fields.instant(name)
    if not EARLIEST <= instant < LATEST:
        raise fields.refuse(name, "is out of range")
    return instant


def _zone(fields: Fields) -> ZoneInfo:
    name = fields.text("time_zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise fields.refuse("time_zone", "is no time zone of IANA's list") from fault


def _period(fields: Fields, starts_at: datetime, ends_at: datetime) -> Period:
    volumes = _volumes(fields)
    length = seconds(ends_at - starts_at)
    charging, parking, reserved = (_time(volumes.get(name, ZERO), length) for name in TIMES)
    energy_wh = grained(volumes.get("ENERGY", ZERO) * WH_PER_KWH)
    return Period(
        starts_at=starts_at,
        ends_at=ends_at,
        energy_wh=energy_wh,
        charging_s=charging,
        parking_s=parking,
        reserved_s=reserved,
        power_kw=_power(volumes, energy_wh, charging or length),
        current_a=_load(volumes, "CURRENT") or ZERO,
        is_charging_session=volumes.keys() != {"RESERVATION_TIME"},
    )


def _volumes(fields: Fields) -> Volumes:
    found: Volumes = {}
    for one in fields.objects("dimensions"):
        name, volume = one.text("type"), one.number("volume")
        if name not in DIMENSIONS:
            raise one.refuse("type", f"must be one of {', '.join(sorted(DIMENSIONS))}")
        if name in TIMES and volume < 0:
            raise one.refuse("volume", "of time must not be negative")
        found[name] = found.get(name, ZERO) + volume
    return found


def _time(hours: Decimal, length: Decimal) -> Decimal:
    said = grained(hours * S_PER_H)
    return length if said and abs(said - length) <= WRITTEN_TO else said


def _load(volumes: Volumes, name: str) -> Decimal | None:
    """The one figure for how fast the car charged: the average, or what lies between the least
    and the most. A period that crosses a limit must belong to one side."""
    if name in volumes:
        return volumes[name]
    least, most = volumes.get(f"MIN_{name}"), volumes.get(f"MAX_{name}")
    if least is None or most is None:
        return most if least is None else least
    return (least + most) / 2


def _power(volumes: Volumes, energy_wh: Decimal, charging_s: Decimal) -> Decimal:
    """Average power in kW; from energy and time where it is not stated, but never outside of
    what is stated."""
    stated = _load(volumes, "POWER")
    if "POWER" in volumes and stated is not None:
        return stated
    if not charging_s:
        return stated or ZERO
    average = energy_wh * S_PER_H / charging_s / WH_PER_KWH
    least = volumes.get("MIN_POWER", volumes.get("MAX_POWER", average))
    most = volumes.get("MAX_POWER", volumes.get("MIN_POWER", average))
    return min(max(average, least), most) if least <= most else stated or ZERO
