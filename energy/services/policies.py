"""By what a location's energy is steered: the CPO's choice (R12)."""

from datetime import datetime
from math import isfinite
from typing import Any

from django.db import transaction

from energy.enums import PolicyKind
from energy.errors import BadPolicy
from energy.models import EnergyPolicy, SupplySource
from energy.services.sources import limit_site
from energy.services.supply import changed
from stations.models import Location


@transaction.atomic
def set_policy(
    *,
    location: Location,
    kind: PolicyKind,
    now: datetime,
    reserve_soc: float = 0.5,
    source: SupplySource | None = None,
) -> EnergyPolicy:
    """Steer a location like this from now on. Raises BadPolicy."""
    if not isfinite(reserve_soc) or not 0 <= reserve_soc <= 1:
        raise BadPolicy("What is kept of a battery is a share, from 0 to 1.")
    if kind == PolicyKind.FIXED and (source is None or source.location_id != location.pk):
        raise BadPolicy("Say which of the location's supply sources is to be used.")
    policy, _ = EnergyPolicy.objects.update_or_create(
        location=location,
        defaults={
            "kind": kind,
            "reserve_soc": reserve_soc,
            "source": source if kind == PolicyKind.FIXED else None,
            "since": now,
        },
    )
    changed([location.pk], now)
    return policy


@transaction.atomic
def steer(
    *, location: Location, site_limit_kw: float | None, now: datetime, **policy: Any
) -> EnergyPolicy:
    """A location's policy, and what it may draw as a whole (None: what its sources give). Raises
    BadPolicy or BadSupply."""
    limit_site(location=location, import_limit_kw=site_limit_kw, now=now)
    return set_policy(location=location, now=now, **policy)
