"""A location's energy: what it is steered by, what is planned, and where it comes from."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import has_role
from cpms.kernel.zones import zone_of
from energy import selectors, services
from energy.domain.calendar import STEP
from energy.enums import PolicyKind
from energy.models import DispatchPlan, PriceList, SupplyContract, SupplySource
from energy.portal.supply_forms import (
    ContractForm,
    LimitForm,
    PolicyForm,
    PriceListForm,
    PricesForm,
    SourceForm,
)
from energy.selectors.outlook import PAST_PRICES
from stations.models import Location
from stations.portal.wishes import fulfilled, removal
from stations.selectors import location_by_id

FORM_PAGE = "components/form_page.html"
MANUAL = "manual"
LATELY = timedelta(days=30)
SHOWN_LIMITS = 50
SHOWN_FILES = 20
SHOWN_DOUBTS = 5


def energy(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    facts = energy_facts(ocpi_id, timezone.now())
    return render(
        request, "energy/energy.html", {**facts, "live": f"view=energy&location={ocpi_id}"}
    )


def energy_fragments(user: User, params: Mapping[str, str]) -> dict[str, str]:
    facts = energy_facts(params.get("location", ""), datetime.now(UTC))
    facts["can_configure"] = has_role(user, Role.ADMINISTRATOR)
    return {"live-energy": render_to_string("energy/_energy.html", facts)}


def energy_facts(ocpi_id: str, now: datetime) -> dict[str, Any]:
    """Raises UnknownLocation."""
    location = location_by_id(ocpi_id)
    plan = selectors.plan_of(location)
    sources = list(selectors.sources_of(location))
    limits = selectors.limits_ahead(sources, now)
    return {
        "now": now,
        "location": location,
        "policy": selectors.policy_of(location),
        "plan": plan,
        "currency": plan.currency if plan else "EUR",
        "decided": decided_in(plan) if plan else [],
        "peaks": peaks_in(plan) if plan else [],
        "balance": selectors.balance_of(location, now - LATELY, now),
        "site_limit": selectors.site_limit_kw(location, now),
        "vehicles_limit": selectors.vehicles_limit_kw(location, now),
        "rows": [
            {
                "source": source,
                "contract": selectors.contract_at(source, now),
                "price": selectors.price_at(source, now),
                "limit": selectors.limit_kw(source, now),
                "is_on_fallback": selectors.holds_fallback(source),
            }
            for source in sources
        ],
        "meters": selectors.meters().filter(location=location),
        "limits": limits[:SHOWN_LIMITS],
        "chart": json.dumps(chart_of(plan, location.time_zone)) if plan else "",
    }


def decided_in(plan: DispatchPlan) -> list[dict[str, Any]]:
    """What each source gives in the plan's first quarter, and over all of it."""
    return [
        {"name": one["name"], "kw": one["kw"][0], "kwh": sum(one["kw"]) / 4}
        for one in plan.body["sources"]
    ]


def peaks_in(plan: DispatchPlan) -> list[dict[str, Any]]:
    """The month's peaks of the sources that charge for them, with their names."""
    names = {one["id"]: one["name"] for one in plan.body["sources"]}
    return [one | {"name": names[one["id"]]} for one in plan.body.get("peaks", [])]


def chart_of(plan: DispatchPlan, time_zone: str) -> dict[str, Any]:
    """Power of each source and of the battery, load, and the marginal price, as charts.js draws
    them; times carry the location's offset."""
    zone = zone_of(time_zone)
    local = [
        (plan.starts_at + place * STEP).astimezone(zone).replace(tzinfo=UTC).isoformat()
        for place in range(len(plan.body["load_kw"]))
    ]

    def along(values: list[float]) -> list[tuple[str, float]]:
        return list(zip(local, values, strict=True))

    has_building = any(plan.body.get("building_kw", []))
    return {
        "names": {
            "load": _("Cars and building") if has_building else _("Cars"),
            "price": _("Price of one more kWh"), "battery": _("Battery"),
            "sun": _("Photovoltaics"),
        },
        "units": {"power": "kW", "price": f"{plan.currency}/kWh"},
        "sources": [
            {"name": one["name"], "points": along(one["kw"])} for one in plan.body["sources"]
        ],
        "battery": along(plan.body["battery_kw"]),
        "sun": along(plan.body["pv_kw"]) if any(plan.body["pv_kw"]) else [],
        "load": along(plan.body["load_kw"]),
        "price": along(plan.body["shadow_price_kwh"]),
    }  # fmt: skip


def source_form(request: HttpRequest, ocpi_id: str, pk: int | None = None) -> HttpResponse:
    location = location_by_id(ocpi_id)
    source = (
        selectors.source_of(location, pk) if pk is not None else SupplySource(location=location)
    )
    form = SourceForm(request.POST or None, instance=source)
    saved = fulfilled(
        form, lambda: services.save_source(source=form.save(commit=False), now=timezone.now())
    )
    facts = {"title": _("Supply source"), "note": str(location)}
    if pk is not None:
        facts |= {
            "remove": reverse("supply-source-remove", args=[ocpi_id, pk]),
            "remove_title": _("Remove %s?") % source.name,
            "remove_text": _("Only one that was never planned with can be removed."),
        }
    return _answer(request, form, saved, ocpi_id, facts)


def source_remove(request: HttpRequest, ocpi_id: str, pk: int) -> HttpResponse:
    source = selectors.source_of(location_by_id(ocpi_id), pk)
    return removal(
        request,
        lambda: services.delete_source(source=source, now=timezone.now()),
        of=source,
        stays=reverse("supply-source-edit", args=[ocpi_id, pk]),
        goes=reverse("energy", args=[ocpi_id]),
    )


def contract_add(request: HttpRequest, ocpi_id: str, pk: int) -> HttpResponse:
    """A new contract: the one before holds until it begins."""
    location = location_by_id(ocpi_id)
    source = selectors.source_of(location, pk)
    now = timezone.now()
    form = ContractForm(
        request.POST or None,
        instance=SupplyContract(source=source, valid_from=now),
        zone=location.time_zone,
    )
    saved = fulfilled(
        form, lambda: services.save_contract(contract=form.save(commit=False), now=now)
    )
    note = _("What %s costs from then on; the contract before holds until it begins.") % source
    return _answer(request, form, saved, ocpi_id, {"title": _("Supply contract"), "note": note})


def limit_add(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    location, now = location_by_id(ocpi_id), timezone.now()
    form = LimitForm(request.POST or None, location=location)
    taken = fulfilled(
        form,
        lambda: services.take_limits(
            source=form.cleaned_data["source"],
            origin=MANUAL,
            reference=form.reference(),
            limits=[form.limit(now)],
            now=now,
        ),
    )
    for doubt in taken or []:
        messages.warning(request, doubt)
    note = _("By the clock of %s. Of several limits the lowest holds.") % location.time_zone
    return _answer(
        request, form, taken is not None, ocpi_id, {"title": _("Capacity limit"), "note": note}
    )


def limit_remove(request: HttpRequest, ocpi_id: str, pk: int) -> HttpResponse:
    limit = selectors.limit_of(location_by_id(ocpi_id), pk)
    page = reverse("energy", args=[ocpi_id])
    return removal(
        request,
        lambda: services.drop_limits(
            source=limit.source,
            origin=limit.origin,
            reference=limit.reference,
            now=timezone.now(),
        ),
        of=limit,
        stays=page,
        goes=page,
    )


def policy_form(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    location = location_by_id(ocpi_id)
    held = selectors.policy_of(location)
    limit = getattr(location, "site_limit", None)
    form = PolicyForm(
        request.POST or None,
        location=location,
        initial={
            "kind": held.kind,
            "reserve": round(held.reserve_soc * 100),
            "source": held.source,
            "site_limit_kw": limit.import_limit_kw if limit else None,
        },
    )
    saved = fulfilled(form, lambda: _steered(location, form))
    return _answer(request, form, saved, ocpi_id, {"title": _("Energy policy"), "note": location})


def _steered(location: Location, form: PolicyForm) -> bool:
    said, now = form.cleaned_data, timezone.now()
    services.steer(
        location=location,
        kind=PolicyKind(said["kind"]),
        reserve_soc=(said["reserve"] if said["reserve"] is not None else 50) / 100,
        source=said["source"],
        site_limit_kw=said["site_limit_kw"],
        now=now,
    )
    return True


def price_lists(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = [
        {"list": one, "is_stale": selectors.is_stale(one, now), "chart": _prices_chart(one, now)}
        for one in PriceList.objects.all()
    ]
    facts = {"rows": rows, "now": now, "files": selectors.price_files(SHOWN_FILES)}
    return render(request, "energy/price_lists.html", facts)


def _prices_chart(price_list: PriceList, now: datetime) -> str:
    """The last and the coming days, in UTC."""
    found = selectors.prices_between(price_list, now - PAST_PRICES, now + PAST_PRICES)
    points = [(one.starts_at.isoformat(), float(one.price_kwh)) for one in found]
    names = {"price": price_list.name, "empty": _("No prices yet")}
    unit = f"{price_list.currency}/kWh"
    return json.dumps({"names": names, "units": {"price": unit}, "price": points})


def price_list_form(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = selectors.price_list_by_id(str(pk)) if pk is not None else None
    form = PriceListForm(request.POST or None, instance=found)
    saved = fulfilled(
        form,
        lambda: services.save_price_list(price_list=form.price_list(), now=timezone.now()),
    )
    if saved:
        messages.success(request, _("Saved."))
        return redirect("price-lists")
    facts = {"form": form, "title": _("Price list"), "back": reverse("price-lists")}
    return render(request, FORM_PAGE, facts)


def prices_upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Prices by hand: a file for one list."""
    found = selectors.price_list_by_id(str(pk))
    form = PricesForm(request.POST or None, request.FILES or None)
    doubts = fulfilled(
        form,
        lambda: services.take_prices(
            price_list=found, prices=form.prices(), origin=MANUAL, now=timezone.now()
        ),
    )
    if doubts is not None:
        for doubt in doubts[:SHOWN_DOUBTS]:
            messages.warning(request, doubt)
        messages.success(request, _("Saved."))
        return redirect("price-lists")
    facts = {
        "form": form,
        "title": _("Prices of %s") % found,
        "note": _(
            "A line for each: starts_at and ends_at with their zone, and price_kwh or price_mwh."
        ),
        "back": reverse("price-lists"),
    }
    return render(request, FORM_PAGE, facts)


def _answer(
    request: HttpRequest, form: BaseForm, saved: object, ocpi_id: str, facts: dict[str, Any]
) -> HttpResponse:
    if saved:
        messages.success(request, _("Saved; it is planned anew within seconds."))
        return redirect("energy", ocpi_id=ocpi_id)
    back = reverse("energy", args=[ocpi_id])
    return render(request, FORM_PAGE, {"form": form, "back": back, **facts})
