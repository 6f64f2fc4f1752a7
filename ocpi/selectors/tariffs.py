"""What partners may read of tariffs, and which of them hold where for whom."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest

from cpms.kernel.arrays import numbers
from ocpi.selectors.partners import PartyKey, of_parties
from tariffs.domain.places import EVERYONE
from tariffs.models import Tariff, TariffAssignment, TariffVersion
from tariffs.selectors import said_tariffs


def tariffs(parties: set[PartyKey]) -> QuerySet[Tariff]:
    """Tariffs that say something to a partner with these parties, in order of creation: not
    those that were agreed with others only. `changed_at` is that of what it says now."""
    newest = TariffVersion.objects.filter(tariff=OuterRef("pk")).order_by("-number")
    held = TariffAssignment.objects.filter(tariff=OuterRef("pk"))
    return (
        said_tariffs()
        .filter(~Exists(held) | Exists(held.filter(Q(party_id="") | of_parties("", parties))))
        .annotate(changed_at=Greatest("last_updated", Subquery(newest.values("created_at")[:1])))
        .order_by("pk")
    )


HOLDINGS = """
WITH assigned AS (
    SELECT 'location' AS place, location_id AS key, tariff_id, country_code, party_id
    FROM tariffs_tariffassignment WHERE location_id = ANY(%(locations)s::bigint[])
    UNION ALL
    SELECT 'evse', evse.id, one.tariff_id, one.country_code, one.party_id
    FROM tariffs_tariffassignment AS one JOIN stations_evse AS evse ON evse.id = one.evse_id
    WHERE evse.location_id = ANY(%(locations)s::bigint[])
    UNION ALL
    SELECT 'connector', connector.id, one.tariff_id, one.country_code, one.party_id
    FROM tariffs_tariffassignment AS one
    JOIN stations_connector AS connector ON connector.id = one.connector_id
    JOIN stations_evse AS evse ON evse.id = connector.evse_id
    WHERE evse.location_id = ANY(%(locations)s::bigint[])
    UNION ALL
    SELECT 'everywhere', 0, tariff_id, country_code, party_id FROM tariffs_tariffassignment
    WHERE num_nonnulls(location_id, evse_id, connector_id) = 0
)
SELECT place, key, assigned.country_code, assigned.party_id, tariff.ocpi_id
FROM assigned JOIN tariffs_tariff AS tariff ON tariff.id = assigned.tariff_id
"""


class Held(NamedTuple):
    """A tariff (by its OCPI id) that holds at some place, and for whose drivers."""

    party: PartyKey
    tariff_id: str


@dataclass(frozen=True, slots=True)
class Audience:
    """A partner as the reader of tariffs: its parties, and what holds everywhere."""

    parties: set[PartyKey]
    everywhere: Sequence[Held]

    def tariff_ids(self, places: Iterable[Sequence[Held]]) -> list[str]:
        """Which tariffs price its sessions, `places` the narrowest first: those agreed with it,
        else those for everyone; of the narrowest place that has such ones."""
        rows = [*places, self.everywhere]
        for parties in (self.parties, {EVERYONE}):
            for place in rows:
                if found := {row.tariff_id for row in place if row.party in parties}:
                    return sorted(found)
        return []


def audience_of(parties: set[PartyKey]) -> Audience:
    everywhere = TariffAssignment.objects.filter(location=None, evse=None, connector=None)
    return Audience(parties, held(everywhere.select_related("tariff")))


def held(rows: Iterable[TariffAssignment]) -> list[Held]:
    """What these assignments, with their tariffs, say."""
    return [Held(row.place.party, row.tariff.ocpi_id) for row in rows]


class Holdings:
    """Which tariffs hold at some locations, at their EVSEs and connectors, and everywhere; by
    primary key."""

    def __init__(self, locations: Collection[int]) -> None:
        self._held: dict[tuple[str, int], tuple[Held, ...]] = defaultdict(tuple)
        with connection.cursor() as cursor:
            cursor.execute(HOLDINGS, {"locations": numbers(locations)})
            for place, key, country_code, party_id, tariff_id in cursor.fetchall():
                self._held[place, key] += (Held((country_code, party_id), tariff_id),)

    def audience(self, parties: set[PartyKey]) -> Audience:
        return Audience(parties, self._held.get(("everywhere", 0), ()))

    def places(self, connector: int, evse: int, location: int) -> tuple[tuple[Held, ...], ...]:
        """Of one connector, the narrowest first."""
        return (
            self._held.get(("connector", connector), ()),
            self._held.get(("evse", evse), ()),
            self._held.get(("location", location), ()),
        )
