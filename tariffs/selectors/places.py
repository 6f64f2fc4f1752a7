"""Places where tariffs hold by the names they have outside, and back."""

from collections.abc import Iterable, Mapping, Sequence

from stations.models import Connector, Evse, Location
from tariffs.domain.places import NamedPlace, Place
from tariffs.errors import InvalidPlace
from tariffs.models import TariffAssignment


def places_named(names: Sequence[NamedPlace]) -> list[Place]:
    """The places, in three queries for all. Raises InvalidPlace with `index: reason` for each
    that is not there."""
    locations = _keys(Location, "ocpi_id", (name.location_id for name in names))
    evses = _keys(Evse, "uid", (name.evse_uid for name in names))
    connectors = {
        (evse, ocpi_id): pk
        for pk, evse, ocpi_id in Connector.objects.filter(
            evse__in=[evses[name.evse_uid] for name in names if name.evse_uid in evses],
            ocpi_id__in={name.connector_id for name in names if name.connector_id},
        ).values_list("pk", "evse_id", "ocpi_id")
    }
    places, faults = [], []
    for index, name in enumerate(names):
        location, evse = locations.get(name.location_id), evses.get(name.evse_uid)
        connector = connectors.get((evse or 0, name.connector_id))
        if name.location_id and location is None:
            faults.append(f"{index}.location_id: there is no location {name.location_id!r}")
        elif name.evse_uid and evse is None:
            faults.append(f"{index}.evse_uid: there is no EVSE {name.evse_uid!r}")
        elif name.connector_id and connector is None:
            faults.append(f"{index}.connector_id: this EVSE has no {name.connector_id!r}")
        else:
            evse = None if connector else evse
            places.append(Place(location, evse, connector, name.party))
    if faults:
        raise InvalidPlace("; ".join(faults), errors=faults)
    return places


def named_places(rows: Iterable[TariffAssignment]) -> list[NamedPlace]:
    """The names of where a tariff holds, in their order; `rows` with what they point to."""
    return sorted(_named(row) for row in rows)


def _named(row: TariffAssignment) -> NamedPlace:
    evse = row.connector.evse if row.connector else row.evse
    return NamedPlace(
        row.country_code,
        row.party_id,
        row.location.ocpi_id if row.location else "",
        evse.uid if evse else "",
        row.connector.ocpi_id if row.connector else "",
    )


def _keys(model: type[Location | Evse], name: str, wanted: Iterable[str]) -> Mapping[str, int]:
    rows = model._default_manager.filter(**{f"{name}__in": {one for one in wanted if one}})  # noqa: SLF001 -- public API of Django
    return dict(rows.values_list(name, "pk"))
