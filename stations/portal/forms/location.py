"""The form of a location: what OCPI says of one (2.2.1 §8.3.1)."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.domain.opening_hours import BadOpeningHours, in_words, regular_hours
from stations.domain.static_fields import LOCATION_LISTS, LOCATION_OBJECTS, location_body
from stations.models import Location
from stations.portal.forms.sections import OcpiJson, Sectioned, choices_with, several
from stations.portal.forms.words import FACILITIES, PARKING_TYPES
from stations.schemas import faults_in

BUSINESSES = ("operator", "suboperator", "owner")
AS_JSON = ("images", "related_locations", "publish_allowed_to", "energy_mix")
LANGUAGE = "en"


class LocationForm(Sectioned, forms.ModelForm):  # type: ignore[type-arg]
    """`clean` builds the whole location; what OCPI's schema finds wrong is said here."""

    parking_type = forms.ChoiceField(label=_("Parking"), required=False)
    facilities = several(_("Nearby"), FACILITIES)
    directions_text = forms.CharField(
        label=_("How to get there"),
        max_length=512,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    always_open = forms.BooleanField(label=_("Open 24 hours a day"), required=False)
    hours = forms.CharField(
        label=_("Opening hours"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("One line each, like Mon-Fri 08:00-20:00. Not needed when always open."),
    )
    operator_name = forms.CharField(label=_("Operator"), max_length=100, required=False)
    operator_website = forms.URLField(
        label=_("Operator's website"), max_length=255, required=False, assume_scheme="https"
    )
    suboperator_name = forms.CharField(label=_("Suboperator"), max_length=100, required=False)
    owner_name = forms.CharField(label=_("Owner"), max_length=100, required=False)

    sections_of = {
        _("Name and address"): (
            "ocpi_id", "name", "address", "postal_code", "city", "state", "country", "time_zone",
            "latitude", "longitude",
        ),
        _("For drivers"): (
            "parking_type", "facilities", "directions_text", "always_open", "hours",
            "charging_when_closed",
        ),
        _("Businesses"): (
            "operator_name", "operator_website", "suboperator_name", "owner_name",
        ),
        _("Roaming"): ("country_code", "party_id", "publish", *AS_JSON),
    }  # fmt: skip

    class Meta:
        model = Location
        fields = [
            "ocpi_id", "name", "address", "postal_code", "city", "state", "country", "latitude",
            "longitude", "time_zone", "parking_type", "facilities", "charging_when_closed",
            "publish", "country_code", "party_id", *AS_JSON,
        ]  # fmt: skip
        labels = {
            "ocpi_id": _("Location id"),
            "name": _("Name"),
            "address": _("Address"),
            "postal_code": _("Postal code"),
            "city": _("City"),
            "state": _("State or province"),
            "country": _("Country (three letters)"),
            "latitude": _("Latitude"),
            "longitude": _("Longitude"),
            "time_zone": _("Time zone"),
            "charging_when_closed": _("Charging goes on when it is closed"),
            "publish": _("Show to eMSPs"),
            "country_code": _("Party: country (two letters)"),
            "party_id": _("Party: id (three letters)"),
            "images": _("Images (JSON)"),
            "related_locations": _("Related places, such as entrances (JSON)"),
            "publish_allowed_to": _("When not shown to all: to whom (JSON)"),
            "energy_mix": _("Energy mix (JSON)"),
        }
        help_texts = {
            "images": _("A list of OCPI Image objects."),
            "related_locations": _("A list of OCPI AdditionalGeoLocation objects."),
            "publish_allowed_to": _("A list of OCPI PublishTokenType objects."),
            "energy_mix": _("An OCPI EnergyMix object."),
            "time_zone": _("A name like Europe/Amsterdam."),
        }
        field_classes = dict.fromkeys(AS_JSON, OcpiJson)
        widgets = {name: forms.Textarea({"rows": 2, "spellcheck": "false"}) for name in AS_JSON}

    def __init__(self, data: Any = None, *, instance: Location | None = None) -> None:
        initial = _initial(instance) if instance else {}
        super().__init__(data, instance=instance, initial=initial)
        held = instance.parking_type if instance else ""
        self.fields["parking_type"].choices = choices_with(PARKING_TYPES, held)  # type: ignore[attr-defined]

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if zone not in available_timezones():
            raise forms.ValidationError(_("Use a name like Europe/Amsterdam."))
        return zone

    def clean_country(self) -> str:
        return _letters(self.cleaned_data["country"], 3)

    def clean_country_code(self) -> str:
        return _letters(self.cleaned_data["country_code"], 2)

    def clean_hours(self) -> list[dict[str, Any]]:
        try:
            return regular_hours(self.cleaned_data["hours"])
        except BadOpeningHours as fault:
            text = _("“%(line)s” is not like Mon-Fri 08:00-20:00.") % {"line": str(fault)[:40]}
            raise forms.ValidationError(text) from fault

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in LOCATION_LISTS:
            if name in cleaned and cleaned[name] is None:
                cleaned[name] = []
        if self.errors:
            return cleaned
        for name, value in _structures(self.instance, cleaned).items():
            setattr(self.instance, name, value)
        row = {**vars(self.instance), **cleaned, **_structures(self.instance, cleaned)}
        for fault in faults_in("Location", location_body(row, [])):
            self.add_error(None, fault)
        return cleaned


def _letters(text: str, count: int) -> str:
    if len(text) != count or not (text.isascii() and text.isalpha()):
        raise forms.ValidationError(_("Use %d letters.") % count)
    return text.upper()


def _initial(location: Location) -> dict[str, Any]:
    """What the form shows of the structures that it takes apart."""
    times = location.opening_times or {}
    businesses: dict[str, Mapping[str, Any]] = {
        name: getattr(location, name) or {} for name in BUSINESSES
    }
    return {
        "directions_text": next((text["text"] for text in location.directions), ""),
        "always_open": times.get("twentyfourseven", False),
        "hours": in_words(times.get("regular_hours", [])),
        "operator_website": businesses["operator"].get("website", ""),
        **{f"{name}_name": body.get("name", "") for name, body in businesses.items()},
    }


def _structures(location: Location, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """The structures, put together; what the form does not show of them stays."""
    found = {name: _business(name, getattr(location, name), cleaned) for name in BUSINESSES}
    assert set(found) < set(LOCATION_OBJECTS)
    return {**found, "opening_times": _times(location, cleaned), **_directions(location, cleaned)}


def _business(name: str, held: Any, cleaned: Mapping[str, Any]) -> dict[str, Any] | None:
    title = cleaned[f"{name}_name"]
    if not title:
        return None
    website = cleaned.get(f"{name}_website", (held or {}).get("website", ""))
    rest = {key: value for key, value in (held or {}).items() if key != "website"}
    return {**rest, "name": title, **({"website": website} if website else {})}


def _times(location: Location, cleaned: Mapping[str, Any]) -> dict[str, Any] | None:
    held = location.opening_times or {}
    kept = {key: value for key, value in held.items() if key.startswith("exceptional_")}
    if cleaned["always_open"]:
        return {**kept, "twentyfourseven": True}
    if cleaned["hours"]:
        return {**kept, "twentyfourseven": False, "regular_hours": cleaned["hours"]}
    return {**kept, "twentyfourseven": False} if kept else None


def _directions(location: Location, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    text = cleaned["directions_text"]
    language = next((entry["language"] for entry in location.directions), LANGUAGE)
    first = [{"language": language, "text": text}] if text else []
    return {"directions": first + location.directions[1:]}
