"""Sessions and meter values as CSV, sent while they are read."""

import csv
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse

from booking import selectors
from booking.models import ChargingSession, MeterSample
from booking.portal.filters import mark_of, older_than

CHUNK = 2_000
MOST_ROWS = 1_000_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
SESSION_HEAD = [
    "id", "status", "location", "evse_uid", "id_token", "start", "end", "kwh", "total_excl_vat",
    "total_incl_vat", "currency", "flags",
]  # fmt: skip
SAMPLE_COLUMNS = [
    "energy_wh", "power_w", "soc_percent", "current_l1_a", "current_l2_a", "current_l3_a",
    "voltage_l1_v", "voltage_l2_v", "voltage_l3_v",
]  # fmt: skip

Row = list[Any]


def sessions_csv(found: QuerySet[ChargingSession]) -> StreamingHttpResponse:
    """All of them, read by their order: memory stays small, however many there are."""

    def following(last: ChargingSession | None) -> Sequence[ChargingSession]:
        rest = found if last is None else older_than(found, mark_of(last))
        return list(rest.prefetch_related("cdrs")[:CHUNK]) if rest is not None else []

    return _answer("sessions.csv", SESSION_HEAD, _chunks(following, _session_row))


def samples_csv(session: ChargingSession) -> StreamingHttpResponse:
    found = selectors.meter_samples(session)

    def following(last: MeterSample | None) -> Sequence[MeterSample]:
        rest = found
        if last is not None:
            later = Q(measured_at__gt=last.measured_at) | Q(content_hash__gt=last.content_hash)
            rest = found.filter(later, measured_at__gte=last.measured_at)
        return list(rest[:CHUNK])

    head = ["measured_at", *SAMPLE_COLUMNS]
    return _answer(f"session-{session.pk}.csv", head, _chunks(following, _sample_row))


async def _chunks(
    following: Callable[[Any], Sequence[Any]], row_of: Callable[[Any], Row]
) -> AsyncIterator[Iterable[Row]]:
    read, last = 0, None
    while read < MOST_ROWS and (rows := await sync_to_async(following)(last)):
        yield [row_of(row) for row in rows]
        read, last = read + len(rows), rows[-1]


def _session_row(session: ChargingSession) -> Row:
    cdr = session.cdr
    return [
        session.pk,
        session.status,
        session.evse.location.ocpi_id,
        session.evse.uid,
        session.id_token,
        session.started_at.isoformat(),
        session.ended_at.isoformat() if session.ended_at else "",
        f"{session.energy_wh / 1000:.3f}",
        "" if session.total_cost is None else session.total_cost,
        cdr.total_incl_vat if cdr else "",
        session.currency,
        " ".join(session.flags),
    ]


def _sample_row(sample: MeterSample) -> Row:
    return [sample.measured_at.isoformat(), *(getattr(sample, name) for name in SAMPLE_COLUMNS)]


def harmless(value: Any) -> str:
    """A text that a spreadsheet would run is kept from being run."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else str(value)


class _Echo:
    """csv wants a file; the answer is streamed line by line instead."""

    def write(self, line: str) -> str:
        return line


def _answer(name: str, head: Row, chunks: AsyncIterator[Iterable[Row]]) -> StreamingHttpResponse:
    writer = csv.writer(_Echo())

    async def text() -> AsyncIterator[str]:
        yield writer.writerow(head)
        async for rows in chunks:
            yield "".join(writer.writerow([harmless(value) for value in row]) for row in rows)

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(text(), content_type="text/csv; charset=utf-8", headers=headers)
