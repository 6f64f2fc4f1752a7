"""`manage.py energy dispatch [LOCATION]`: plan now what beat plans every quarter of an hour."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from cpms.management.operators import Refused
from energy import services
from energy.models import DispatchPlan
from stations.models import Location
from stations.selectors import location_by_id


def add_arguments(plan: ArgumentParser) -> None:
    plan.add_argument(
        "location", metavar="LOCATION", nargs="?", help="its id; without: all that have a source"
    )


def dispatch(options: dict[str, Any]) -> list[dict[str, Any]]:
    """Plans one location or all; what is decided for now, and the plans that say so. Raises
    UnknownLocation, Refused."""
    return [_summary(plan) for plan in _planned(options["location"])]


def in_words(plans: list[dict[str, Any]]) -> Iterator[str]:
    if not plans:
        yield "No location has a supply source."
    for plan in plans:
        mix = ", ".join(f"{name} {kw:g} kW" for name, kw in plan["supply_kw"].items())
        yield (
            f"{plan['location_id']}: {plan['policy']}, {mix}, battery {plan['battery_kw']:+g} kW; "
            f"36 h cost {plan['cost']:.2f} {plan['currency']} "
            f"(otherwise {plan['cost_otherwise']:.2f})"
        )
        for note in plan["notes"]:
            yield f"  {note}"


def _planned(ocpi_id: str | None) -> list[DispatchPlan]:
    now = timezone.now()
    if ocpi_id is None:
        found = Location.objects.filter(supply_sources__isnull=False).distinct().order_by("ocpi_id")
        made = [services.dispatch(location=location, now=now) for location in found]
        return [plan for plan in made if plan is not None]
    plan = services.dispatch(location=location_by_id(ocpi_id), now=now)
    if plan is None:
        raise Refused(f"{ocpi_id} has no supply source.")
    return [plan]


def _summary(plan: DispatchPlan) -> dict[str, Any]:
    body = plan.body
    return {
        "location_id": plan.location.ocpi_id,
        "starts_at": plan.starts_at,
        "policy": plan.policy,
        "supply_kw": {one["name"]: one["kw"][0] for one in body["sources"]},
        "battery_kw": body["battery_kw"][0],
        "vehicles_limit_kw": body["vehicles_limit_kw"][0],
        "shadow_price_kwh": body["shadow_price_kwh"][0],
        "currency": plan.currency,
        "cost": round(plan.cost, 4),
        "cost_otherwise": round(plan.cost_otherwise, 4),
        "notes": body["notes"],
        "plan": body,
    }
