"""Locations as they are told, from what is kept of them and what changes by the minute.

A document and the mark that it is outdated are read in one statement, with the row that says
when it last changed: so a text is never older than its `last_updated`. What is outdated or not
there yet is written from its rows.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Exists, F, Func, OuterRef, Prefetch, QuerySet, TextField, When

from cpms.kernel.arrays import numbers
from energy.selectors import takes_profiles
from ocpi.domain import documents
from ocpi.domain.documents import FORM, LOCATION_FIELDS, EvseText
from ocpi.domain.presence import OFFLINE_AFTER
from ocpi.models import Outdated
from ocpi.selectors.partners import PartyKey
from ocpi.selectors.tariffs import Held, Holdings
from stations.domain.static_fields import ocpi_status
from stations.models import Connector, Evse, Location

IS_OUTDATED = Exists(Outdated.objects.filter(subject="location", object_id=OuterRef("pk")))
KEPT = Case(When(document__form=FORM, is_outdated=False, then=F("document__text")))

# Pages hold thousands of rows, and instants are dear to read and to write: they come as texts,
# which sort as they do.
INSTANT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
EVSES = f"""
SELECT evse.id, evse.location_id, evse.status, evse.availability, evse.is_reserved,
       evse.removed_at IS NOT NULL, link.connected_at IS NOT NULL AND gone.at IS NULL,
       {INSTANT.format("GREATEST(evse.last_updated, link.connected_at, gone.at)")},
       document.text, document.connector_ids, document.connector_texts
FROM stations_evse AS evse
LEFT JOIN stations_stationconnection AS link ON link.station_id = evse.station_id
LEFT JOIN LATERAL (
    SELECT link.disconnected_at + %(patience)s AS at
    WHERE link.disconnected_at <= %(now)s - %(patience)s) AS gone ON true
LEFT JOIN ocpi_evsedocument AS document ON document.evse_id = evse.id
    AND document.form = %(form)s
    AND NOT EXISTS (SELECT FROM ocpi_outdated WHERE subject = 'evse' AND object_id = evse.id)
    AND NOT EXISTS (
        SELECT FROM ocpi_outdated WHERE subject = 'station' AND object_id = evse.station_id)
WHERE evse.location_id = ANY(%(locations)s::bigint[])
ORDER BY evse.id
"""  # noqa: S608 -- nothing of it comes from outside


State = tuple[str, str, bool, bool, bool]
"""status, availability, is_reserved, is_removed, is_connected"""


class LocationRow(NamedTuple):
    """A location as it is now, and what is kept of it."""

    pk: int
    last_updated: str
    text: str


class EvseRow(NamedTuple):
    """An EVSE as it is now, and what is kept of it. `changed_at`: when what is said of it last
    (may have) changed, by itself or by its station's coming or going."""

    pk: int
    location_id: int
    state: State
    changed_at: str
    text: str | None
    connector_ids: Sequence[int]
    connector_texts: Sequence[str]


def location_texts(
    locations: QuerySet[Location], parties: set[PartyKey], now: datetime
) -> list[str]:
    """These locations as JSON, in their order, for a partner with these parties: each with its
    EVSEs, those that were removed too, and as new as its newest part. An EVSE without a
    connector is none yet."""
    rows = _location_rows(locations)
    keys = [row.pk for row in rows]
    evses = _evse_rows(keys, now)
    # After the rows: what holds by now may be newer than they say, and never older.
    tariffs_for = _tariffs_for(keys, parties)
    parts: dict[int, list[str]] = defaultdict(list)
    newest = {row.pk: row.last_updated for row in rows}
    for evse in evses:
        if evse.connector_ids:
            parts[evse.location_id].append(_evse_json(evse, tariffs_for))
            newest[evse.location_id] = max(newest[evse.location_id], evse.changed_at)
    return [documents.location_json(row.text, parts[row.pk], newest[row.pk]) for row in rows]


def _evse_json(row: EvseRow, tariffs_for: Callable[[int, int, int], str]) -> str:
    connectors = [
        text + tariffs_for(key, row.pk, row.location_id)
        for key, text in zip(row.connector_ids, row.connector_texts, strict=True)
    ]
    return documents.evse_json(row.text or "", _status(row.state), connectors, row.changed_at)


@lru_cache(512)
def _status(state: State) -> str:
    """A page asks for thousands and hears few answers."""
    status, availability, is_reserved, is_removed, is_connected = state
    row = {
        "status": status,
        "availability": availability,
        "is_reserved": is_reserved,
        "removed_at": is_removed or None,
    }
    return ocpi_status(row, is_connected=is_connected)


def _tariffs_for(
    locations: Collection[int], parties: set[PartyKey]
) -> Callable[[int, int, int], str]:
    """What a connector says of tariffs, by its key, its EVSE's and its location's: the same few
    texts everywhere."""
    holdings = Holdings(locations)
    audience = holdings.audience(parties)
    known: dict[tuple[tuple[Held, ...], ...], str] = {}

    def tariffs_for(connector: int, evse: int, location: int) -> str:
        places = holdings.places(connector, evse, location)
        if (found := known.get(places)) is None:
            found = known[places] = documents.connector_end(audience.tariff_ids(places))
        return found

    return tariffs_for


def _location_rows(locations: QuerySet[Location]) -> list[LocationRow]:
    """Without those that are gone by the time that their text is written."""
    at = Func("last_updated", template=INSTANT.format("%(expressions)s"), output_field=TextField())
    annotated = locations.annotate(is_outdated=IS_OUTDATED, kept=KEPT, at=at)
    found = list(annotated.values_list("pk", "at", "kept"))
    drawn = drawn_locations([pk for pk, _, kept in found if kept is None])
    return [LocationRow(pk, at, kept or drawn[pk]) for pk, at, kept in found if kept or pk in drawn]


def _evse_rows(locations: Collection[int], now: datetime) -> list[EvseRow]:
    """The same of their EVSEs."""
    asked: dict[str, Any] = {
        "form": FORM, "locations": numbers(locations), "now": now, "patience": OFFLINE_AFTER,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(EVSES, asked)
        rows = [
            EvseRow(pk, location, (*state,), at, text, keys, texts)
            for pk, location, *state, at, text, keys, texts in cursor.fetchall()
        ]
    drawn = drawn_evses([row.pk for row in rows if row.text is None])
    return [
        row if row.text else row._replace(**asdict(drawn[row.pk]))
        for row in rows
        if row.text or row.pk in drawn
    ]


def drawn_locations(keys: Collection[int]) -> dict[int, str]:
    """What is to be kept of these locations, from their rows."""
    if not keys:
        return {}
    rows = Location.objects.filter(pk__in=keys).values("pk", *LOCATION_FIELDS)
    return {row["pk"]: documents.location_text(row) for row in rows}


def drawn_evses(keys: Collection[int]) -> dict[int, EvseText]:
    """What is to be kept of these EVSEs, from their rows."""
    if not keys:
        return {}
    evses = (
        Evse.objects.filter(pk__in=keys)
        .select_related("station__connection")
        .prefetch_related(Prefetch("connectors", Connector.objects.order_by("pk")))
    )
    return {evse.pk: _drawn(evse) for evse in evses}


def _drawn(evse: Evse) -> EvseText:
    connectors = evse.connectors.all()
    return EvseText(
        documents.evse_text(evse.__dict__, takes_profiles=takes_profiles(evse.station)),
        [connector.pk for connector in connectors],
        [documents.connector_text(connector.__dict__) for connector in connectors],
    )
