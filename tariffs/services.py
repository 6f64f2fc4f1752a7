"""Tariffs: every write. A version that priced a session never changes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from accounts.models import User
from stations.models import Connector
from stations.schemas import faults_in
from tariffs.domain.model import Tariff as SaidTariff
from tariffs.domain.places import Place
from tariffs.domain.reading import tariff_of
from tariffs.domain.soundness import doubts_about
from tariffs.errors import InvalidTariff, TariffExists, TariffInUse, UnknownTariff
from tariffs.models import Tariff, TariffAssignment, TariffVersion


@dataclass(frozen=True, slots=True)
class Places:
    """Where a tariff shall hold, and which of the places where it does are replaced by that:
    the others stay."""

    wanted: Sequence[Place]
    replaced: Callable[[Place], bool] = lambda _place: True


@transaction.atomic
def save_tariff(
    *, body: Mapping[str, Any], now: datetime, created_by: User | None = None
) -> tuple[TariffVersion, bool]:
    """The version that says `body` (an OCPI 2.2.1 Tariff) from now on, and whether it is new.
    Saying the same again makes no new version. Raises InvalidTariff."""
    content = {name: value for name, value in body.items() if name != "last_updated"}
    said = check_tariff(content)
    tariff, _ = Tariff.objects.select_for_update().get_or_create(
        ocpi_id=content["id"],
        defaults={
            "country_code": content["country_code"],
            "party_id": content["party_id"],
            "last_updated": now,
        },
    )
    newest = tariff.versions.order_by("-number").first()
    if newest and newest.body == content:
        return newest, False
    version = TariffVersion.objects.create(
        tariff=tariff,
        number=(newest.number if newest else 0) + 1,
        body=content,
        currency=said.currency,
        kind=said.kind or "",
        starts_at=said.valid_from,
        ends_at=said.valid_until,
        valid_from=now,
        created_at=now,
        created_by=created_by,
    )
    Tariff.objects.filter(pk=tariff.pk).update(last_updated=now)
    return version, True


@transaction.atomic
def add_tariff(
    *,
    body: Mapping[str, Any],
    now: datetime,
    places: Places | None = None,
    created_by: User | None = None,
) -> TariffVersion:
    """A tariff with an id of its own, and where it holds. Raises TariffExists or
    InvalidTariff."""
    version, is_new = save_tariff(body=body, now=now, created_by=created_by)
    if not is_new or version.number > 1:
        raise TariffExists(tariff_id=body["id"])
    if places is not None:
        hold_at(tariff=version.tariff, places=places)
    return version


@transaction.atomic
def change_tariff(
    *,
    tariff: Tariff,
    content: Mapping[str, Any],
    now: datetime,
    places: Places | None = None,
    created_by: User | None = None,
) -> TariffVersion:
    """Let a tariff say `content` (an OCPI Tariff; whose it is and its id stay) from now on.
    Raises InvalidTariff."""
    named = {
        "country_code": tariff.country_code,
        "party_id": tariff.party_id,
        "id": tariff.ocpi_id,
    }
    version, _ = save_tariff(body={**content, **named}, now=now, created_by=created_by)
    if places is not None:
        hold_at(tariff=tariff, places=places)
    return version


def check_tariff(body: Mapping[str, Any]) -> SaidTariff:
    """What the engine reads in it. Raises InvalidTariff with `path: reason` for each fault: what is no OCPI 2.2.1 Tariff, what
    the engine cannot price, and what means two things at once."""
    dated = {**body, "last_updated": "2020-01-01T00:00:00Z"}
    _refuse_if(faults_in("Tariff", dated))
    said = tariff_of(body)
    _refuse_if(doubts_about(said))
    return said


def _refuse_if(faults: list[str]) -> None:
    if faults:
        raise InvalidTariff("; ".join(faults), errors=faults)


def assign_to_connectors(*, wanted: Iterable[tuple[Connector, list[str]]]) -> int:
    """Make exactly these tariffs (by OCPI id) hold for everyone at these connectors; returns
    changes. Raises InvalidTariff for an unknown id."""
    pairs = list(wanted)
    ids = {tariff_id for _, tariff_ids in pairs for tariff_id in tariff_ids}
    known = dict(Tariff.objects.filter(ocpi_id__in=ids).values_list("ocpi_id", "pk"))
    if missing := sorted(ids - known.keys()):
        raise InvalidTariff("Unknown tariff: %(missing)s.", missing=", ".join(missing))
    target = {
        (connector.pk, known[tariff_id]) for connector, tariff_ids in pairs
        for tariff_id in tariff_ids
    }  # fmt: skip
    present = TariffAssignment.objects.filter(
        connector__in=[connector.pk for connector, _ in pairs], party_id=""
    )
    existing = {(row.connector_id, row.tariff_id): row.pk for row in present}
    TariffAssignment.objects.filter(
        pk__in=[pk for key, pk in existing.items() if key not in target]
    ).delete()
    new = [
        TariffAssignment(connector_id=connector_id, tariff_id=tariff_id)
        for connector_id, tariff_id in sorted(target - existing.keys())
    ]
    TariffAssignment.objects.bulk_create(new, batch_size=5000)
    return len(new) + len(existing.keys() - target)


def hold_at_connectors(wanted: Mapping[int, Sequence[str]]) -> None:
    """`assign_to_connectors` by primary keys (fills stations' port). Raises InvalidTariff."""
    found = Connector.objects.in_bulk(wanted.keys())
    assign_to_connectors(wanted=[(found[pk], list(wanted[pk])) for pk in found])


@transaction.atomic
def delete_tariff(*, tariff: Tariff) -> None:
    """Forget a tariff that holds nowhere and never priced a session. Raises TariffInUse."""
    held = Tariff.objects.select_for_update().filter(pk=tariff.pk).first()
    if held is None:
        raise UnknownTariff(tariff_id=tariff.ocpi_id)
    try:
        with transaction.atomic():
            held.versions.all().delete()
            held.delete()
    except ProtectedError as refusal:
        raise TariffInUse(tariff_id=tariff.ocpi_id) from refusal


@transaction.atomic
def hold_at(*, tariff: Tariff, places: Places) -> None:
    """Make the tariff hold at these places, and of those that `places.replaced` says at no
    other."""
    Tariff.objects.select_for_update(no_key=True).get(pk=tariff.pk)
    present = {row.place: row.pk for row in TariffAssignment.objects.filter(tariff=tariff)}
    gone = {place for place in present if places.replaced(place)} - set(places.wanted)
    TariffAssignment.objects.filter(pk__in=[present[place] for place in gone]).delete()
    assign((tariff.pk, place) for place in places.wanted)


def assign(pairs: Iterable[tuple[int, Place]]) -> int:
    """Make tariffs (by primary key) hold at these places too; returns at how many they did
    not yet."""
    wanted = dict.fromkeys(pairs)
    rows = TariffAssignment.objects.filter(tariff__in={tariff_id for tariff_id, _ in wanted})
    present = {(row.tariff_id, row.place) for row in rows}
    new = [
        TariffAssignment(
            tariff_id=tariff_id,
            location_id=place.location_id,
            evse_id=place.evse_id,
            connector_id=place.connector_id,
            country_code=place.party[0],
            party_id=place.party[1],
        )
        for tariff_id, place in wanted
        if (tariff_id, place) not in present
    ]
    TariffAssignment.objects.bulk_create(new, batch_size=5000, ignore_conflicts=True)
    return len(new)


def mark_used(*, version: TariffVersion, now: datetime) -> None:
    """From now on this version cannot change."""
    TariffVersion.objects.filter(pk=version.pk, used_at=None).update(used_at=now)
