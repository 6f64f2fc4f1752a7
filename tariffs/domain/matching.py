"""Which components price which piece of a session.

A period is cut wherever a restriction may switch: by clock and calendar, by duration, by energy.
In each piece every dimension is priced by the first element that holds and has a component for
it (OCPI 2.2.1 §11.3.1); where there is none it costs nothing. The middle of a piece speaks for
all of it, for nothing switches inside.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from tariffs.domain.model import (
    ENERGY,
    FLAT,
    NONE,
    PARKING_TIME,
    RESERVATION,
    RESERVATION_EXPIRES,
    TIME,
    Element,
    PriceComponent,
    Restrictions,
    Tariff,
)
from tariffs.domain.numbers import grained
from tariffs.domain.restrictions import Moment, clock_changes, hold
from tariffs.domain.usage import (
    ZERO,
    Period,
    Usage,
    cut_by_clock,
    cut_by_energy,
    parts_of,
    seconds,
)

RESERVATION_TIME, RESERVATION_FLAT = "RESERVATION_TIME", "RESERVATION_FLAT"
RESERVED = {TIME: RESERVATION_TIME, FLAT: RESERVATION_FLAT}

Chosen = dict[str, PriceComponent]
"""By role: a dimension of the charging session, or the reservation's time and fee."""


def pieces(tariff: Tariff, usage: Usage) -> Iterator[tuple[Period, Chosen]]:
    """The session cut where the price may change, and what prices each piece."""
    plan = _plan(tariff, usage)
    before_wh = ZERO
    for period in usage.periods:
        cuts = cut_by_clock(period, plan.instants_in(period))
        if plan.thresholds:
            cuts += cut_by_energy(period, before_wh, plan.thresholds)
        for part in parts_of(period, cuts):
            yield part, plan.chosen(part, before_wh)
            before_wh += part.energy_wh


def energy_price_kwh(tariff: Tariff, local: datetime) -> Decimal | None:
    """What a kWh costs who begins to charge at a local time, as the tariff states it; None where
    energy costs nothing by itself."""
    component = _first(_own(tariff), Moment(local, ZERO, ZERO)).get(ENERGY)
    return component.price if component else None


@dataclass(slots=True)
class _Plan:
    """All that is known of a session before its pieces are looked at."""

    zone: tzinfo
    own: Sequence[Element]
    held: Sequence[Element]
    charged_from: datetime
    reserved_from: datetime
    instants: Sequence[datetime]
    thresholds: Sequence[Decimal]
    always: Chosen | None

    def instants_in(self, period: Period) -> Sequence[datetime]:
        begin = bisect_right(self.instants, period.starts_at)
        return self.instants[begin : bisect_left(self.instants, period.ends_at)]

    def chosen(self, part: Period, before_wh: Decimal) -> Chosen:
        found: Chosen = {}
        if part.is_charging_session:
            found |= self._of_session(part, before_wh)
        if part.reserved_s or not part.is_charging_session:  # a reservation of no length has a fee
            moment = self._moment(part, ZERO, self.reserved_from)
            reserved = _first(self.held, moment)
            found |= {RESERVED[name]: reserved[name] for name in RESERVED if name in reserved}
        return found

    def _of_session(self, part: Period, before_wh: Decimal) -> Chosen:
        if self.always is not None:
            return self.always
        idle = self._moment(part, before_wh + part.energy_wh / 2, self.charged_from)
        while_idle = _first(self.own, idle)
        if not part.charging_s and not part.energy_wh:
            return while_idle
        busy = Moment(
            idle.local, idle.energy_wh, idle.duration_s, part.current_a, part.power_kw
        )  # fmt: skip
        found = _first(self.own, busy) if part.charging_s or not part.parking_s else while_idle
        if PARKING_TIME in while_idle:
            return {**found, PARKING_TIME: while_idle[PARKING_TIME]}
        return {name: component for name, component in found.items() if name != PARKING_TIME}

    def _moment(self, part: Period, energy_wh: Decimal, since: datetime) -> Moment:
        middle = part.starts_at + part.length / 2
        return Moment(middle.astimezone(self.zone), energy_wh, seconds(middle - since))


def _plan(tariff: Tariff, usage: Usage) -> _Plan:
    own, held = _own(tariff), _reservation_elements(tariff, expired=usage.reservation_expired)
    charged_from = next(
        (period.starts_at for period in usage.periods if period.is_charging_session),
        usage.started_at,
    )
    said, said_held = _restrictions(own), _restrictions(held)
    instants = clock_changes([*said, *said_held], usage.zone, usage.started_at, usage.ended_at)
    durations = {*_after(charged_from, said), *_after(usage.started_at, said_held)}
    return _Plan(
        zone=usage.zone,
        own=own,
        held=held,
        charged_from=charged_from,
        reserved_from=usage.started_at,
        instants=sorted({*instants, *durations}) if durations else instants,
        thresholds=sorted({wh for one in said for wh in _energies(one)}),
        always=_first(own, None) if all(one == Restrictions() for one in said) else None,
    )


def _own(tariff: Tariff) -> list[Element]:
    return [element for element in tariff.elements if element.restrictions.reservation is None]


def _reservation_elements(tariff: Tariff, *, expired: bool) -> list[Element]:
    """What a reservation costs; what an expired one costs comes before (§11.4.3)."""
    wanted = [RESERVATION_EXPIRES, RESERVATION] if expired else [RESERVATION]
    return [
        element
        for kind in wanted
        for element in tariff.elements
        if element.restrictions.reservation == kind
    ]


def charges_no_show(tariff: Tariff) -> bool:
    """Whether a reservation that nobody used may cost something."""
    settled: set[str] = set()
    for element in _reservation_elements(tariff, expired=True):
        held_always = replace(element.restrictions, reservation=None) == NONE
        for component in element.components:
            if component.price > 0 and component.dimension not in settled:
                return True
            if held_always:
                settled.add(component.dimension)
    return False


def _restrictions(elements: Iterable[Element]) -> list[Restrictions]:
    return [element.restrictions for element in elements]


def _first(elements: Iterable[Element], moment: Moment | None) -> Chosen:
    """The first component of each dimension of the elements that hold (None: all do)."""
    found: Chosen = {}
    for element in elements:
        if moment is None or hold(element.restrictions, moment):
            for component in element.components:
                found.setdefault(component.dimension, component)
    return found


def _after(begin: datetime, restrictions: Iterable[Restrictions]) -> set[datetime]:
    """When durations since `begin` are reached. They count from the start of the session, not
    of parking; the longest is bounded as sessions are."""
    lengths = {
        length
        for one in restrictions
        for length in (one.min_duration_s, one.max_duration_s)
        if length is not None and length < LONGEST_S
    }
    return {begin + timedelta(seconds=length) for length in lengths}


LONGEST_S = 10**10  # 300 years


def _energies(said: Restrictions) -> list[Decimal]:
    return [grained(wh) for wh in (said.min_wh, said.max_wh) if wh is not None]
