"""What a location's energy is steered by, what is planned, and what it came to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from energy.domain.calendar import STEP
from energy.enums import PolicyKind
from energy.models import DispatchPlan, DispatchStep, EnergyPolicy
from energy.selectors.batteries import batteries_do_kw
from energy.selectors.supply import site_limit_kw
from stations.models import Location

NOISE = 0.05  # of what a battery was told
FRESH_FOR = timedelta(minutes=45)  # an older plan says nothing of the battery any longer


def policy_of(location: Location) -> EnergyPolicy:
    """A location without one is steered automatically (a row that is not stored)."""
    found = EnergyPolicy.objects.filter(location=location).select_related("source").first()
    return found or EnergyPolicy(location=location)


def plan_of(location: Location) -> DispatchPlan | None:
    """The newest."""
    return DispatchPlan.objects.filter(location=location).first()


def vehicles_limit_kw(location: Location, at: datetime) -> float | None:
    """What vehicles may draw together then: what the location may (limits as they are now, also
    those that came after the plan), more by what the batteries are planned to give, once they do,
    or less by what they take or are about to, and less by what the building is expected to. The
    sun is left out: a cloud must not overload the connection. None: nothing limits them."""
    limit = site_limit_kw(location, at)
    if limit is None:
        return None
    plan = plan_of(location)
    if plan is not None and at - plan.made_at > FRESH_FOR:
        plan = None
    planned = 0.0 if plan and plan.policy == PolicyKind.OFF else _planned(plan, "battery_kw", at)
    does = batteries_do_kw(location, at)
    is_as_planned = does >= planned - abs(planned) * NOISE
    battery = planned if is_as_planned else does
    return max(limit + battery - _planned(plan, "building_kw", at), 0.0)


def _planned(plan: DispatchPlan | None, name: str, at: datetime) -> float:
    """0 beyond the plan, and where an older version planned without it."""
    if plan is None:
        return 0.0
    place = (at - plan.starts_at) // STEP
    series: list[float] = plan.body.get(name, [])
    return series[place] if 0 <= place < len(series) else 0.0


@dataclass(frozen=True, slots=True)
class Balance:
    """What steering cost in a period, and what the cheapest source at each moment without a
    battery would have."""

    cost: float
    otherwise: float
    steps: int

    @property
    def saved(self) -> float:
        return self.otherwise - self.cost


def balance_of(location: Location, begins: datetime, ends: datetime) -> Balance:
    found = DispatchStep.objects.filter(
        location=location, starts_at__gte=begins, starts_at__lt=ends
    )
    sums = found.aggregate(cost=Sum("cost"), otherwise=Sum("cost_otherwise"))
    return Balance(sums["cost"] or 0.0, sums["otherwise"] or 0.0, found.count())
