"""When the intervals of an event are (OpenADR 3 User Guide §7.3, §7.4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dso.domain.openadr.events import Event, Interval
from dso.errors import BadMessage

MOST_SPANS = 5_000
AHEAD = timedelta(days=3)  # as far as what repeats for ever is written out; each poll goes on


@dataclass(frozen=True, slots=True)
class Span:
    """What an event says of a period; `ends_at` None: without end."""

    starts_at: datetime
    ends_at: datetime | None
    payloads: Mapping[str, tuple[Any, ...]]


def spans_of(event: Event, *, seen_at: datetime, now: datetime) -> list[Span]:
    """The event over time, what has ended left out. `seen_at` is when we first read it: that is
    when "now" was. Nothing is left of an event that was cancelled (a length of zero). Raises
    BadMessage."""
    try:
        once = list(_once(event, seen_at))
        spans = list(_lasting(event, once, now)) if event.loops else once
    except OverflowError as fault:
        raise BadMessage("The event ends beyond the calendar.") from fault
    return [span for span in spans if span.ends_at is None or span.ends_at > now]


def single_values(span: Span, kind: str) -> Iterator[tuple[datetime, datetime | None, Any]]:
    """A payload's values, each with its part of the span: many share it evenly (§7.3, packed
    values). Raises BadMessage."""
    values = span.payloads.get(kind, ())
    if len(values) <= 1 or span.ends_at is None:
        if len(values) > 1:
            raise BadMessage(f"{kind}: many values in a period without end")
        yield from ((span.starts_at, span.ends_at, value) for value in values)
        return
    part = (span.ends_at - span.starts_at) / len(values)
    for number, value in enumerate(values):
        begin = span.starts_at + part * number
        is_last = number == len(values) - 1
        yield begin, span.ends_at if is_last else begin + part, value


def _once(event: Event, seen_at: datetime) -> Iterator[Span]:
    cursor = event.period.start if event.period and event.period.start else seen_at
    for interval in event.intervals:
        start = interval.period.start if interval.period and interval.period.start else cursor
        length = _length(event, interval)
        end = None if length is None else start + length
        if length is None or length > timedelta(0):
            yield Span(start, end, interval.payloads)
        if end is None:
            return
        cursor = end


def _length(event: Event, interval: Interval) -> timedelta | None:
    """That of the interval before that of the event. Where nothing is said it is without end:
    a length of zero is how an event is cancelled."""
    for period in (interval.period, event.period):
        if period is not None and period.says_length:
            return period.lasts
    return None


def _lasting(event: Event, once: list[Span], now: datetime) -> Iterator[Span]:
    """The spans cut to the event's length, or repeated until it has passed."""
    if not once:
        return
    begins, last = once[0].starts_at, max(once, key=lambda span: span.starts_at)
    ends = None if event.lasts is None else begins + event.lasts
    if last.ends_at is None:
        yield from _cut(once, ends)
        return
    cycle = max(span.ends_at or begins for span in once) - begins
    horizon = now + AHEAD if ends is None else min(ends, now + AHEAD)
    shift = cycle * max((now - begins) // cycle, 0)
    if (horizon - begins - shift) / cycle * len(once) > MOST_SPANS:
        raise BadMessage("The event repeats too many intervals.")
    while begins + shift < horizon:
        yield from _cut([_shifted(span, shift) for span in once], horizon)
        shift += cycle


def _shifted(span: Span, shift: timedelta) -> Span:
    ends_at = span.ends_at and span.ends_at + shift
    return replace(span, starts_at=span.starts_at + shift, ends_at=ends_at)


def _cut(spans: list[Span], ends: datetime | None) -> Iterator[Span]:
    for span in spans:
        if ends is None:
            yield span
        elif span.starts_at < ends:
            yield replace(span, ends_at=ends if span.ends_at is None else min(span.ends_at, ends))
