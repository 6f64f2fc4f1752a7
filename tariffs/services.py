"""Tariffs: every write. A version that priced a session never changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from stations.models import Connector, Location
from stations.schemas import faults_in
from tariffs.domain.pricing import InvalidTariff, components_of
from tariffs.models import Tariff, TariffAssignment, TariffVersion


@transaction.atomic
def save_tariff(
    *, body: Mapping[str, Any], now: datetime, created_by: User | None = None
) -> tuple[TariffVersion, bool]:
    """The version that says `body` (an OCPI 2.2.1 Tariff) from now on, and whether it is new.
    Saying the same again makes no new version. Raises InvalidTariff."""
    content = {name: value for name, value in body.items() if name != "last_updated"}
    check_tariff(content)
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
        currency=content["currency"],
        valid_from=now,
        created_at=now,
        created_by=created_by,
    )
    Tariff.objects.filter(pk=tariff.pk).update(last_updated=now)
    return version, True


def check_tariff(body: Mapping[str, Any]) -> None:
    """Raise InvalidTariff with `path: reason` for each fault."""
    dated = {**body, "last_updated": "2020-01-01T00:00:00Z"}
    if faults := faults_in("Tariff", dated):
        raise InvalidTariff("; ".join(faults), errors=faults)
    components_of(body)


def assign_to_connectors(*, wanted: Iterable[tuple[Connector, list[str]]]) -> int:
    """Make exactly these tariffs (by OCPI id) hold at these connectors; returns changes.
    Raises InvalidTariff for an unknown id."""
    pairs = list(wanted)
    ids = {tariff_id for _, tariff_ids in pairs for tariff_id in tariff_ids}
    known = dict(Tariff.objects.filter(ocpi_id__in=ids).values_list("ocpi_id", "pk"))
    if missing := sorted(ids - known.keys()):
        raise InvalidTariff(f"Unknown tariff: {', '.join(missing)}")
    target = {
        (connector.pk, known[tariff_id]) for connector, tariff_ids in pairs
        for tariff_id in tariff_ids
    }  # fmt: skip
    present = TariffAssignment.objects.filter(
        connector__in=[connector.pk for connector, _ in pairs]
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


@transaction.atomic
def assign_to_locations(*, tariff: Tariff, locations: Iterable[Location]) -> None:
    """Make the tariff hold at exactly these whole locations; its connectors stay."""
    wanted = list(locations)
    whole = TariffAssignment.objects.filter(tariff=tariff, location__isnull=False)
    whole.exclude(location__in=wanted).delete()
    for location in wanted:
        TariffAssignment.objects.get_or_create(tariff=tariff, location=location)


def mark_used(*, version: TariffVersion, now: datetime) -> None:
    """From now on this version cannot change."""
    TariffVersion.objects.filter(pk=version.pk, used_at=None).update(used_at=now)
