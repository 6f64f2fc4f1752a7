"""Which locations must be planned anew: rows that stand until a plan is made."""

from collections.abc import Iterable
from datetime import datetime

from energy.models import DispatchDue
from stations.models import Location


def mark_due(location_ids: Iterable[int], now: datetime) -> None:
    """Locations whose plan must be made anew: in the transaction of what changed. Waits for a
    plan that is being made of what was before."""
    rows = [DispatchDue(location_id=pk, since=now) for pk in sorted(set(location_ids))]
    DispatchDue.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)


def mark_all_due(*, now: datetime) -> int:
    """Every location with a source, each quarter of an hour."""
    found = Location.objects.filter(supply_sources__isnull=False).distinct()
    pks = list(found.order_by("pk").values_list("pk", flat=True))
    mark_due(pks, now)
    return len(pks)
