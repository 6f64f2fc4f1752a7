"""How a location shares its power: limits and shares live, and the settings."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from energy import selectors, services
from energy.domain.sharing import LEAST_A
from energy.enums import PhaseRotation, Standing
from energy.models import EvsePlace, PowerSharing
from energy.models.sharing import MOST_FUSE_A
from energy.selectors.sharing import POWER
from energy.selectors.supply import PHASES
from stations.portal.forms.sections import Sectioned
from stations.portal.wishes import fulfilled
from stations.selectors import location_by_id

FORM_PAGE = "components/form_page.html"


class SharingForm(Sectioned, forms.Form):
    """A location's settings, and a place on the connection for each of its EVSEs."""

    is_enabled = forms.BooleanField(
        label=gettext_lazy("Share the power among the cars that charge here"), required=False
    )
    fuse_a = forms.IntegerField(
        label=gettext_lazy("Fuse of each phase"), min_value=LEAST_A, max_value=MOST_FUSE_A
    )
    default_a = forms.IntegerField(
        label=gettext_lazy("Safe default"),
        min_value=0,
        max_value=MOST_FUSE_A,
        help_text=gettext_lazy(
            "What a car may take per phase while nothing is heard from us: 0, or from 6 A. Times "
            "the number of EVSEs it should not be more than the fuse bears."
        ),
    )
    volts = forms.IntegerField(
        label=gettext_lazy("Volts against neutral"), min_value=100, max_value=400
    )

    def __init__(
        self, data: Any, sharing: PowerSharing | None, places: Sequence[EvsePlace]
    ) -> None:
        shown = sharing or PowerSharing(fuse_a=63)
        names = ("is_enabled", "fuse_a", "default_a", "volts")
        super().__init__(data, initial={name: getattr(shown, name) for name in names})
        self.places = places
        for name, unit in (("fuse_a", "A"), ("default_a", "A"), ("volts", "V")):
            vars(self.fields[name])["unit"] = unit
        sections: dict[Any, tuple[str, ...]] = {_("Location"): names}
        for number, place in enumerate(places):
            sections[place.evse] = (f"rotation_{number}", f"standing_{number}")
            self.fields[f"rotation_{number}"] = forms.ChoiceField(
                label=_("Its phases on the connection"),
                choices=PhaseRotation.choices,
                initial=place.rotation,
            )
            self.fields[f"standing_{number}"] = forms.TypedChoiceField(
                label=_("Its cars"), choices=Standing.choices, coerce=int, initial=place.standing
            )
        self.sections_of = sections

    def wish(self) -> tuple[services.Terms, list[services.Place]]:
        """What a valid form asks for."""
        said = self.cleaned_data
        terms = services.Terms(
            is_enabled=said["is_enabled"],
            fuse_a=said["fuse_a"],
            default_a=said["default_a"],
            volts=said["volts"],
        )
        places = [
            services.Place(
                evse_uid=place.evse.uid,
                rotation=PhaseRotation(said[f"rotation_{number}"]),
                standing=Standing(said[f"standing_{number}"]),
            )
            for number, place in enumerate(self.places)
        ]
        return terms, places


def power(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    live = urlencode({"view": "power", "location": ocpi_id})
    facts = power_facts(ocpi_id, timezone.now())
    return render(request, "energy/power.html", {**facts, "live": live})


def power_fragments(user: User, params: Any) -> dict[str, str]:
    facts = power_facts(params.get("location", ""), datetime.now(UTC))
    return {"live-power": render_to_string("energy/_power.html", facts)}


def power_facts(ocpi_id: str, now: datetime) -> dict[str, Any]:
    """Raises UnknownLocation."""
    location = location_by_id(ocpi_id)
    sharing = selectors.power_sharing_of(location)
    limits = selectors.limits_of(sharing, now) if sharing else {}
    power_w = limits.get(POWER)
    return {
        "now": now,
        "location": location,
        "sharing": sharing,
        "phases": [(phase, limits[phase]) for phase in PHASES if phase in limits],
        "power_kw": None if power_w is None else power_w / 1000,
        "shares": selectors.shares_of(location),
    }


def power_form(request: HttpRequest, ocpi_id: str) -> HttpResponse:
    location = location_by_id(ocpi_id)
    sharing, places = selectors.power_sharing_of(location), selectors.places_of(location)
    form = SharingForm(request.POST or None, sharing, places)

    def save() -> PowerSharing:
        terms, wanted = form.wish()
        return services.save_sharing(
            location=location, terms=terms, places=wanted, now=timezone.now()
        )

    if fulfilled(form, save):
        messages.success(request, _("Saved."))
        return redirect("power-sharing", ocpi_id=ocpi_id)
    facts = {
        "form": form,
        "title": _("Power sharing of %s") % location,
        "back": reverse("power-sharing", args=[ocpi_id]),
    }
    return render(request, FORM_PAGE, facts)
