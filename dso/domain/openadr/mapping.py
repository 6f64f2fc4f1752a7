"""Events of OpenADR 3 as limits and prices of one source.

A limit of the moment (IMPORT_CAPACITY_LIMIT) holds before what was subscribed to and reserved
(User Guide §8.10); of equal priority the lowest holds, because the standard leaves that open.
"""

from bisect import bisect
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dso.domain.neutral import joined, kw_of, number, price_of
from dso.domain.openadr.events import Descriptor, Event, Program
from dso.domain.openadr.timing import Span, single_values, spans_of
from dso.errors import BadMessage
from energy.domain.supply import Limit, Price, check_limits, check_prices
from energy.enums import LimitKind

NOW_AND_THEN, BY_CONTRACT, ON_TOP = 0, 1, 2
LAYERS = {
    "IMPORT_CAPACITY_LIMIT": (LimitKind.IMPORT, NOW_AND_THEN),
    "IMPORT_CAPACITY_SUBSCRIPTION": (LimitKind.IMPORT, BY_CONTRACT),
    "IMPORT_CAPACITY_RESERVATION": (LimitKind.IMPORT, ON_TOP),
    "EXPORT_CAPACITY_LIMIT": (LimitKind.EXPORT, NOW_AND_THEN),
    "EXPORT_CAPACITY_SUBSCRIPTION": (LimitKind.EXPORT, BY_CONTRACT),
    "EXPORT_CAPACITY_RESERVATION": (LimitKind.EXPORT, ON_TOP),
    "DISPATCH_SETPOINT": (LimitKind.OPTIMUM, NOW_AND_THEN),
}
FALLBACKS = {
    LimitKind.IMPORT: LimitKind.FALLBACK_IMPORT,
    LimitKind.EXPORT: LimitKind.FALLBACK_EXPORT,
}
MOST_FAULTS, LONGEST_ALERT = 3, 200
SIMPLE, PRICE, ALERT = "SIMPLE", "PRICE", "ALERT_"
SIMPLE_SHARES = (1.0, 0.7, 0.4, 0.0)  # of the connection: normal, moderate, high, emergency shed


@dataclass(frozen=True, slots=True)
class Context:
    """What an event is weighed against: the programs by id, the full power of the source, the
    currency of its price list (blank: it takes no prices)."""

    programs: Mapping[str, Program]
    connection_kw: float
    currency: str = ""


@dataclass(slots=True)
class Reading:
    """What events say to a source: `refused` names what cannot be, `notices` what people should
    know (alerts, units that had to be guessed, what is not acted upon)."""

    limits: list[Limit] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Claim:
    kind: LimitKind
    layer: int
    priority: int
    starts_at: datetime
    ends_at: datetime | None
    kw: float


def read(events: Iterable[tuple[Event, datetime]], context: Context, *, now: datetime) -> Reading:
    """What these events, each with when it was first seen, say to a source from now on. An event
    that makes no sense is refused whole; the others hold."""
    reading, claims, offers = Reading(), list[_Claim](), list[tuple[int, Price]]()
    for event, seen_at in events:
        try:
            spans = spans_of(event, seen_at=seen_at, now=now)
            wanted = [claim for span in spans for claim in _claims(event, span, context, reading)]
            offered = [price for span in spans for price in _prices(event, span, context)]
            _check(wanted, offered, context, now)
        except BadMessage as refusal:
            reading.refused.append(f"event {event.event_id}: {refusal.text}")
            continue
        claims += wanted
        offers += [(event.priority, price) for price in offered]
    reading.limits = flattened(claims)
    reading.prices = _best_prices(offers)
    reading.notices = list(dict.fromkeys(reading.notices))
    return reading


def _claims(event: Event, span: Span, context: Context, reading: Reading) -> Iterator[_Claim]:
    for kind in span.payloads:
        if kind in LAYERS or kind == SIMPLE:
            limit_kind, layer = _place(event, kind)
            units = _units(event, kind, context, reading)
            for begin, end, value in single_values(span, kind):
                full = context.connection_kw
                kw = _share(value) * full if kind == SIMPLE else kw_of(value, units, kind)
                yield _Claim(limit_kind, layer, event.priority, begin, end, kw)
        elif kind.startswith(ALERT):
            text = " ".join(str(value) for value in span.payloads[kind])[:LONGEST_ALERT]
            reading.notices.append(f"{kind}: {text}")
        elif kind != PRICE:
            reading.notices.append(f"{kind} is not acted upon")


def _place(event: Event, kind: str) -> tuple[LimitKind, int]:
    limit_kind, layer = LAYERS.get(kind, (LimitKind.IMPORT, NOW_AND_THEN))
    if event.is_safe_mode and limit_kind in FALLBACKS:
        return FALLBACKS[limit_kind], NOW_AND_THEN
    return limit_kind, layer


def _units(event: Event, kind: str, context: Context, reading: Reading) -> str:
    units = _descriptor(event, kind, context).units
    if not units and kind != SIMPLE:
        reading.notices.append(f"event {event.event_id}: {kind} without units, read as kW")
    return units or "KW"


def _check(claims: list[_Claim], prices: list[Price], context: Context, now: datetime) -> None:
    """Raises BadMessage for what energy would refuse, with all other events."""
    limits = [Limit(one.kw, one.starts_at, one.ends_at, one.kind) for one in claims]
    faults = [
        *check_limits(limits, now).faults,
        *check_prices(prices, context.currency, now).faults,
    ]
    if faults:
        raise BadMessage("; ".join(faults[:MOST_FAULTS]))


def _share(value: object) -> float:
    level = number(value, SIMPLE)
    if level not in (0, 1, 2, 3):
        raise BadMessage(f"SIMPLE: {value!r:.20} is not from 0 to 3")
    return SIMPLE_SHARES[int(level)]


def _prices(event: Event, span: Span, context: Context) -> Iterator[Price]:
    if PRICE not in span.payloads or not context.currency:
        return
    descriptor = _descriptor(event, PRICE, context)
    if descriptor.currency and descriptor.currency != context.currency:
        raise BadMessage(f"PRICE: in {descriptor.currency:.3}, not in {context.currency}")
    for begin, end, value in single_values(span, PRICE):
        if end is None:
            raise BadMessage("PRICE: a price without end")
        yield Price(begin, end, price_of(value, descriptor.units or "KWH", PRICE))


def _descriptor(event: Event, kind: str, context: Context) -> Descriptor:
    """That of the event before that of its program."""
    program = context.programs.get(event.program_id)
    common = program.descriptors.get(kind) if program else None
    return event.descriptors.get(kind) or common or Descriptor()


def flattened(claims: Iterable[_Claim]) -> list[Limit]:
    """One limit of each kind at a time."""
    by_kind: dict[LimitKind, list[_Claim]] = {}
    for claim in claims:
        by_kind.setdefault(claim.kind, []).append(claim)
    return joined(limit for kind, some in by_kind.items() for limit in _steps(kind, some))


def _steps(kind: LimitKind, claims: list[_Claim]) -> Iterator[Limit]:
    waiting = deque(sorted(claims, key=lambda claim: claim.starts_at))
    edges = {claim.starts_at for claim in claims} | {claim.ends_at for claim in claims}
    order = sorted(edge for edge in edges if edge is not None)
    held: list[_Claim] = []
    for begin, end in zip(order, [*order[1:], None], strict=True):
        held = [claim for claim in held if claim.ends_at is None or claim.ends_at > begin]
        while waiting and waiting[0].starts_at <= begin:
            held.append(waiting.popleft())
        found = _lowest(held, NOW_AND_THEN)
        found = _subscribed(held) if found is None else found
        if found is not None:
            yield Limit(found, begin, end, kind, binding=kind != LimitKind.OPTIMUM)


def _subscribed(held: list[_Claim]) -> float | None:
    base = _lowest(held, BY_CONTRACT)
    return None if base is None else base + (_lowest(held, ON_TOP) or 0.0)


def _lowest(held: list[_Claim], layer: int) -> float | None:
    """The lowest of the most urgent claims."""
    found = [claim for claim in held if claim.layer == layer]
    urgent = min((claim.priority for claim in found), default=None)
    return min((claim.kw for claim in found if claim.priority == urgent), default=None)


def _best_prices(offers: list[tuple[int, Price]]) -> list[Price]:
    """One price at a time: the most urgent; of equal ones the first to begin."""
    taken: list[Price] = []
    for _, price in sorted(offers, key=lambda one: (one[0], one[1].starts_at)):
        place = bisect(taken, price.starts_at, key=lambda one: one.starts_at)
        before, after = taken[max(place - 1, 0) : place], taken[place : place + 1]
        if all(one.ends_at <= price.starts_at for one in before) and all(
            one.starts_at >= price.ends_at for one in after
        ):
            taken.insert(place, price)
    return taken
