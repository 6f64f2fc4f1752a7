"""Forms of tariffs: simple ones by their prices, all others by OCPI's elements."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.models import Location
from stations.portal.forms.sections import OcpiJson
from tariffs.domain.model import AD_HOC_PAYMENT, PROFILE, REGULAR
from tariffs.domain.places import Place, party_of
from tariffs.services import Places

KINDS = (
    ("", _("Every driver")),
    (REGULAR, _("Regular charging")),
    (AD_HOC_PAYMENT, _("Who pays on the spot")),
    (f"{PROFILE}CHEAP", _("Who wants it cheap")),
    (f"{PROFILE}FAST", _("Who wants it fast")),
    (f"{PROFILE}GREEN", _("Who wants it green")),
)
VALIDITY = {"starts": "start_date_time", "ends": "end_date_time"}
LIMITS = {"least": "min_price", "most": "max_price"}
CLOCK = "%Y-%m-%dT%H:%M"
SIMPLE = {"energy": "ENERGY", "time": "TIME", "flat": "FLAT"}
LANGUAGE = "en"
PLACES = ("locations", "everywhere", "party")
TERMS = frozenset({"type", *VALIDITY.values(), *LIMITS.values()})
Body = Mapping[str, Any]


def _money(label: Any, unit: Any) -> forms.DecimalField:
    field = forms.DecimalField(
        label=label, min_value=0, max_digits=10, decimal_places=4, required=False
    )
    vars(field)["unit"] = unit  # templates/components/field.html shows it
    return field


def _instant(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=CLOCK)
    return forms.DateTimeField(label=label, required=False, widget=widget)


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
    kind = forms.ChoiceField(label=_("For"), choices=KINDS, required=False)
    starts = _instant(_("Holds from (UTC)"))
    ends = _instant(_("Holds until (UTC)"))
    least = _money(_("Least price"), _("per session"))
    most = _money(_("Highest price"), _("per session"))
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
        return {
            "ocpi_id": held["id"],
            "currency": held["currency"],
            "words": words,
            "kind": held.get("type", ""),
            **{name: _minute_of(held.get(said)) for name, said in VALIDITY.items()},
            **{name: held.get(said, {}).get("excl_vat") for name, said in LIMITS.items()},
        }

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
            **{name: value for name, value in held.items() if name not in TERMS},
            "id": cleaned["ocpi_id"],
            "currency": cleaned["currency"],
            **({"tariff_alt_text": first + texts[1:]} if first + texts[1:] else {}),
            "elements": self.elements(),
            **self._terms(),
        }

    def _terms(self) -> dict[str, Any]:
        """For whom, from when until when, and the limits of the whole price. A time or a limit
        that stays keeps what the fields do not show of it: its seconds, and what it is with VAT."""
        cleaned, shown = self.cleaned_data, self.shown(self.held or {})
        said: dict[str, Any] = {"type": cleaned["kind"]} if cleaned["kind"] else {}
        for names, write in ((VALIDITY, _written), (LIMITS, _limit)):
            for name, ocpi in names.items():
                if cleaned[name] is None:
                    continue
                is_as_before = name not in self.changed_data and shown.get(name) is not None
                said[ocpi] = (self.held or {})[ocpi] if is_as_before else write(cleaned[name])
        return said


class SimpleTariffForm(TariffFields):
    """A price for energy, time and the start, before VAT."""

    energy = _money(_("Energy"), _("per kWh"))
    time = _money(_("Time"), _("per hour"))
    flat = _money(_("Start fee"), _("per session"))
    vat = forms.DecimalField(label=_("VAT"), min_value=0, max_value=100, required=False)
    vars(vat)["unit"] = "%"

    field_order = ("ocpi_id", "currency", "energy", "time", "flat", "vat", "words")

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


def _minute_of(text: str | None) -> datetime | None:
    """The minute that an OCPI DateTime names; without an offset it is UTC."""
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    at = found if found.tzinfo else found.replace(tzinfo=UTC)
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _limit(excl_vat: Decimal) -> dict[str, float]:
    return {"excl_vat": float(excl_vat)}


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
