"""Which tariff holds where, when and for whom: asked of the database for many sessions at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from cpms.kernel.arrays import instants, numbers
from stations.models import Evse
from tariffs.domain.choice import Occasion, Offer, chosen
from tariffs.domain.places import Place
from tariffs.models import TariffVersion

OFFERS = """
SELECT occasion.ordinal, version.id, version.currency, version.kind, version.starts_at,
    version.ends_at, held.location_id, held.evse_id, held.connector_id, held.country_code,
    held.party_id, held.id
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[])
    WITH ORDINALITY AS occasion (evse_id, location_id, at, ordinal)
CROSS JOIN LATERAL (
    SELECT held.* FROM stations_connector connector
        JOIN tariffs_tariffassignment held ON held.connector_id = connector.id
        WHERE connector.evse_id = occasion.evse_id
    UNION ALL
    SELECT * FROM tariffs_tariffassignment WHERE evse_id = occasion.evse_id
    UNION ALL
    SELECT * FROM tariffs_tariffassignment WHERE location_id = occasion.location_id
    UNION ALL
    SELECT * FROM tariffs_tariffassignment
        WHERE location_id IS NULL AND evse_id IS NULL AND connector_id IS NULL
) held
CROSS JOIN LATERAL (
    (SELECT true AS known, * FROM tariffs_tariffversion
        WHERE tariff_id = held.tariff_id AND valid_from <= occasion.at
            AND (starts_at IS NULL OR starts_at <= occasion.at)
        ORDER BY number DESC LIMIT 1)
    UNION ALL
    (SELECT false, * FROM tariffs_tariffversion
        WHERE tariff_id = held.tariff_id AND (starts_at IS NULL OR starts_at <= occasion.at)
        ORDER BY number LIMIT 1)
    ORDER BY known DESC LIMIT 1
) version
"""
"""What each occasion could be priced by. Of a tariff that is the newest version that had been
said and had begun by then; the first one for a session that began before we knew any (a station
sent its queue late)."""


def versions_for(occasions: Sequence[Occasion]) -> list[Offer | None]:
    """The version that prices each session; None: it costs nothing. One query for all."""
    if not occasions:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            OFFERS,
            [
                numbers(occasion.evse_id for occasion in occasions),
                numbers(occasion.location_id for occasion in occasions),
                instants(occasion.at for occasion in occasions),
            ],
        )
        rows = cursor.fetchall()
    offers: dict[int, list[Offer]] = defaultdict(list)
    for ordinal, *row in rows:
        offers[ordinal].append(_offer(row))
    return [chosen(offers[place], one) for place, one in enumerate(occasions, start=1)]


def _offer(row: Sequence[Any]) -> Offer:
    version_id, currency, kind, starts_at, ends_at, location, evse, connector, *party, order = row
    place = Place(location, evse, connector, (party[0], party[1]))
    return Offer(version_id, currency, place, order, kind, starts_at, ends_at)


def versions_for_everyone(evses: Iterable[Evse], at: datetime) -> dict[int, TariffVersion]:
    """Whole versions by EVSE (its pk), as they price a regular session of nobody in particular."""
    evses = list(evses)
    offers = versions_for([Occasion(evse.pk, evse.location_id, at) for evse in evses])
    by_evse = {
        evse.pk: offer.version_id for evse, offer in zip(evses, offers, strict=True) if offer
    }
    versions = TariffVersion.objects.in_bulk(set(by_evse.values()))
    return {pk: versions[version_id] for pk, version_id in by_evse.items()}
