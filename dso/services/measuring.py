"""What a source takes, for those that ask. Without a meter it is estimated from the sessions of
its location, of which it bears its share."""

from datetime import datetime

from django.db.models import QuerySet, Sum

from booking.enums import SessionStatus
from booking.models import ChargingSession
from energy.models import SupplySource
from energy.selectors import limit_kw, sources_of, supply_at

LEAST_A = 6  # below it an electric car does not charge (IEC 61851)


def needed_kw(source: SupplySource, now: datetime) -> float:
    """What running sessions need at the least and the location's other sources cannot give: 6 A
    on each phase of their EVSE."""
    active = _sessions(source).filter(status=SessionStatus.ACTIVE)
    supplies = [supply_at(one.evse) for one in active.prefetch_related("evse__connectors")]
    least = sum(
        LEAST_A * one.volts * one.phases / 1000 for one in supplies if one and not one.is_dc
    )
    others = sum(limit_kw(one, now) for one in sources_of(source.location) if one.pk != source.pk)
    return max(least - others, 0.0)


def power_kw(source: SupplySource) -> float:
    """Now."""
    active = _sessions(source).filter(status=SessionStatus.ACTIVE)
    watts = active.aggregate(sum=Sum("power_w"))["sum"] or 0
    return watts / 1000 * _share(source)


def counted_kwh(source: SupplySource) -> float:
    """As a meter would show it that has counted since the source is known."""
    counted = _sessions(source).filter(started_at__gte=source.created_at)
    return (counted.aggregate(sum=Sum("energy_wh"))["sum"] or 0) / 1000 * _share(source)


def _sessions(source: SupplySource) -> QuerySet[ChargingSession]:
    return ChargingSession.objects.filter(
        evse__station__location_id=source.location_id
    ).select_related("evse")


def _share(source: SupplySource) -> float:
    """Of what all sources of the location may give by contract."""
    whole = sum(one.import_limit_kw for one in sources_of(source.location))
    return source.import_limit_kw / whole if whole else 1.0
