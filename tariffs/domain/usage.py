"""What a session used, period by period (OCPI ChargingPeriod, 2.2.1 §10.4.6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from tariffs.domain.numbers import grained

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Period:
    """[starts_at, ends_at): Wh (negative: fed back), and seconds of charging, of the vehicle not
    requesting power, of a reservation. `power_kw` and `current_a` (the sum over all phases) are
    how fast the car charged; 0 where nothing says. `is_charging_session` is False while there is
    a reservation only."""

    starts_at: datetime
    ends_at: datetime
    energy_wh: Decimal = ZERO
    charging_s: Decimal = ZERO
    parking_s: Decimal = ZERO
    reserved_s: Decimal = ZERO
    power_kw: Decimal = ZERO
    current_a: Decimal = ZERO
    is_charging_session: bool = True

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True)
class Usage:
    """A session's periods in the order of time, in the time zone of its location."""

    zone: tzinfo
    started_at: datetime
    ended_at: datetime
    periods: Sequence[Period]
    reservation_expired: bool = False


def seconds(length: timedelta) -> Decimal:
    """Exactly, to the microsecond."""
    return Decimal(length // timedelta(microseconds=1)).scaleb(-6)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a period is cut: after which share of it, at which instant, after how many Wh."""

    share: Decimal
    at: datetime
    energy_wh: Decimal


def cut_by_clock(period: Period, instants: Iterable[datetime]) -> list[Cut]:
    """At instants inside it: energy is taken to flow evenly."""
    whole = seconds(period.length)
    return [_cut_at(period, at, whole) for at in instants if period.starts_at < at < period.ends_at]


def _cut_at(period: Period, at: datetime, whole: Decimal) -> Cut:
    share = seconds(at - period.starts_at) / whole
    return Cut(share, at, grained(period.energy_wh * share))


def cut_by_energy(period: Period, before: Decimal, thresholds: Iterable[Decimal]) -> list[Cut]:
    """Where the session's energy, `before` Wh at the period's start, passes a threshold."""
    found = []
    for threshold in thresholds:
        part = threshold - before
        if part and period.energy_wh and 0 < part / period.energy_wh < 1:
            share = part / period.energy_wh
            microseconds = int(share * (period.length // timedelta(microseconds=1)))
            at = period.starts_at + timedelta(microseconds=microseconds)
            found.append(Cut(share, at, part))
    return found


def parts_of(period: Period, cuts: Iterable[Cut]) -> list[Period]:
    """The period in pieces; they add up to it exactly."""
    ordered = sorted(cuts, key=lambda cut: cut.share)
    if not ordered:
        return [period]
    end = Cut(Decimal(1), period.ends_at, period.energy_wh)
    begin = Cut(ZERO, period.starts_at, ZERO)
    parts = []
    for cut in [*ordered, end]:
        if cut.share > begin.share:
            parts.append(_part(period, begin, cut))
            begin = cut
    return parts


def _part(period: Period, begin: Cut, end: Cut) -> Period:
    def share_of(total: Decimal) -> Decimal:
        return grained(total * end.share) - grained(total * begin.share)

    return Period(
        starts_at=begin.at,
        ends_at=end.at,
        energy_wh=end.energy_wh - begin.energy_wh,
        charging_s=share_of(period.charging_s),
        parking_s=share_of(period.parking_s),
        reserved_s=share_of(period.reserved_s),
        power_kw=period.power_kw,
        current_a=period.current_a,
        is_charging_session=period.is_charging_session,
    )
