"""Forms of tariffs: simple ones by their prices, all others by OCPI's elements."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.models import Location
from stations.portal.forms.sections import OcpiJson
from tariffs.domain.places import Place, party_of
from tariffs.services import Places

SIMPLE = {"energy": "ENERGY", "time": "TIME", "flat": "FLAT"}
LANGUAGE = "en"
PLACES = ("locations", "everywhere", "party")
Body = Mapping[str, Any]


def _money(label: Any, unit: Any) -> forms.DecimalField:
    field = forms.DecimalField(
        label=label, min_value=0, max_digits=10, decimal_places=4, required=False
    )
    vars(field)["unit"] = unit  # templates/components/field.html shows it
    return field


class TariffFields(forms.Form):
    """What every tariff has. `held`: the body that is changed; what no field shows of it stays."""

    ocpi_id = forms.CharField(label=_("Tariff id"), max_length=36)
    currency = forms.RegexField(label=_("Currency (three letters)"), regex="^[A-Z]{3}$")
    words = forms.CharField(
        label=_("In words, for drivers"),
        max_length=512,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    everywhere = forms.BooleanField(
        label=_("Holds everywhere, where no other tariff does"), required=False
    )
    locations = forms.ModelMultipleChoiceField(
        label=_("Holds at these locations"),
        queryset=Location.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tariffs of single EVSEs and connectors stay as they are, and go first."),
    )
    party = forms.RegexField(
        label=_("Only for drivers of this partner"),
        regex=r"^[A-Za-z]{2}[-* ]?[A-Za-z0-9]{3}$",
        required=False,
        help_text=_("Its country and party, like NL-EMS. Such a price goes before all others."),
    )

    def __init__(
        self, data: Any = None, *, held: Body | None = None, places: Sequence[Place] = ()
    ) -> None:
        self.held = held
        shown = {**_places_shown(places), **self.shown(held or {})}
        super().__init__(data, initial={"currency": "EUR", **shown})
        if held is not None:
            self.fields["ocpi_id"].disabled = True
        if len({place.party for place in places if place.is_at_large}) > 1:
            for name in PLACES:  # for several partners: only REST can say that
                del self.fields[name]

    def places(self) -> Places | None:
        """Where the tariff shall hold; None: what the form cannot say stays."""
        if "party" not in self.fields:
            return None
        cleaned = self.cleaned_data
        said = re.sub("[-* ]", "", cleaned["party"])
        party = party_of(said[:2], said[2:])
        wanted = [Place(location_id=one.pk, party=party) for one in cleaned["locations"]]
        if cleaned["everywhere"]:
            wanted.append(Place(party=party))
        return Places(wanted, lambda place: place.is_at_large)

    def shown(self, held: Body) -> dict[str, Any]:
        """What the fields begin with."""
        if not held:
            return {}
        words = next((text["text"] for text in held.get("tariff_alt_text", [])), "")
        return {"ocpi_id": held["id"], "currency": held["currency"], "words": words}

    def elements(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    def body(self) -> dict[str, Any]:
        """The OCPI 2.2.1 Tariff that the fields say."""
        cleaned, held = self.cleaned_data, dict(self.held or {})
        texts = held.pop("tariff_alt_text", [])
        language = texts[0]["language"] if texts else LANGUAGE
        first = [{"language": language, "text": cleaned["words"]}] if cleaned["words"] else []
        chosen = cleaned.get("locations", Location.objects.none())
        party = chosen.first() or Location.objects.order_by("pk").first()
        return {
            "country_code": party.country_code if party else "NL",
            "party_id": party.party_id if party else "CPO",
            **held,
            "id": cleaned["ocpi_id"],
            "currency": cleaned["currency"],
            **({"tariff_alt_text": first + texts[1:]} if first + texts[1:] else {}),
            "elements": self.elements(),
        }


class SimpleTariffForm(TariffFields):
    """A price for energy, time and the start, before VAT."""

    energy = _money(_("Energy"), _("per kWh"))
    time = _money(_("Time"), _("per hour"))
    flat = _money(_("Start fee"), _("per session"))
    vat = forms.DecimalField(label=_("VAT"), min_value=0, max_value=100, required=False)
    vars(vat)["unit"] = "%"

    field_order = ("ocpi_id", "currency", "energy", "time", "flat", "vat", "words", *PLACES)

    def shown(self, held: Body) -> dict[str, Any]:
        names = {dimension: name for name, dimension in SIMPLE.items()}
        prices: dict[str, Any] = {}
        for element in held.get("elements", []):
            for component in element["price_components"]:
                prices[names[component["type"]]] = component["price"]
                prices["vat"] = component.get("vat")
        return {**super().shown(held), **prices}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and all(cleaned.get(name) is None for name in SIMPLE):
            raise forms.ValidationError(_("Set at least one price; zero means free."))
        return cleaned

    def elements(self) -> list[dict[str, Any]]:
        cleaned = self.cleaned_data
        components = [
            _component(dimension, cleaned[name], cleaned["vat"])
            for name, dimension in SIMPLE.items()
            if cleaned[name] is not None
        ]
        return [{"price_components": components}]


class TariffForm(TariffFields):
    """Any tariff: its elements as OCPI has them."""

    elements_json = OcpiJson(
        label=_("Elements (OCPI 2.2.1, JSON)"),
        widget=forms.Textarea({"rows": 18, "spellcheck": "false", "class": "code"}),
        help_text=_("Prices with the times and limits in which they hold; the first that fits."),
    )

    def shown(self, held: Body) -> dict[str, Any]:
        return {**super().shown(held), "elements_json": held.get("elements", [])}

    def elements(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cleaned_data["elements_json"]
        return found


def is_simple(body: Body) -> bool:
    """Whether the simple form says all of the body's elements: else it must not change them."""
    elements = body.get("elements", [])
    components = [component for element in elements for component in element["price_components"]]
    kinds = [component["type"] for component in components]
    return (
        len(elements) == 1
        and set(elements[0]) == {"price_components"}
        and set(kinds) <= set(SIMPLE.values())
        and len(kinds) == len(set(kinds))
        and len({component.get("vat") for component in components}) == 1
        and all(component.get("step_size") == 1 for component in components)
    )


def _places_shown(places: Sequence[Place]) -> dict[str, Any]:
    at_large = [place for place in places if place.is_at_large]
    party = next((place.party for place in at_large if any(place.party)), ())
    return {
        "locations": [place.location_id for place in at_large if place.location_id],
        "everywhere": any(place.location_id is None for place in at_large),
        "party": "-".join(party),
    }


def _component(dimension: str, price: Decimal, vat: Decimal | None) -> dict[str, Any]:
    component: dict[str, Any] = {"type": dimension, "price": float(price), "step_size": 1}
    return component if vat is None else {**component, "vat": float(vat)}
