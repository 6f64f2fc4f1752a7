"""Forms of static information: locations, stations, EVSEs with their connector."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.domain.identity import fault_in_identity
from stations.enums import ConnectorFormat, PowerType
from stations.models import ChargingStation, Evse, Location

STANDARDS = [
    ("IEC_62196_T2", "Type 2"),
    ("IEC_62196_T2_COMBO", "CCS 2"),
    ("CHADEMO", "CHAdeMO"),
    ("IEC_62196_T1", "Type 1"),
    ("IEC_62196_T1_COMBO", "CCS 1"),
    ("DOMESTIC_F", "Schuko"),
]


class LocationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Location
        fields = [
            "ocpi_id", "name", "address", "postal_code", "city", "country", "latitude",
            "longitude", "time_zone", "country_code", "party_id", "publish",
        ]  # fmt: skip
        labels = {
            "ocpi_id": _("Location id"),
            "country": _("Country (three letters)"),
            "country_code": _("Party: country (two letters)"),
            "party_id": _("Party: id (three letters)"),
            "publish": _("Show to eMSPs"),
        }

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if zone not in available_timezones():
            raise forms.ValidationError(_("Use a name like Europe/Amsterdam."))
        return zone


class StationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ChargingStation
        fields = ["identity", "location", "strict"]
        help_texts = {
            "identity": _("The last part of the address the station connects to."),
            "strict": _("Off: known faults of stations are repaired, and counted."),
        }

    def clean_identity(self) -> str:
        identity: str = self.cleaned_data["identity"]
        if fault := fault_in_identity(identity):
            raise forms.ValidationError(fault)
        return identity


class EvseForm(forms.ModelForm):  # type: ignore[type-arg]
    """An EVSE with its (first) connector."""

    standard = forms.ChoiceField(label=_("Plug"), choices=STANDARDS)
    format = forms.ChoiceField(label=_("Format"), choices=ConnectorFormat.choices)
    power_type = forms.ChoiceField(label=_("Current"), choices=PowerType.choices)
    max_voltage = forms.IntegerField(label=_("Voltage, V"), min_value=1, max_value=2000)
    max_amperage = forms.IntegerField(label=_("Current, A"), min_value=1, max_value=2000)

    class Meta:
        model = Evse
        fields = ["uid", "number", "physical_reference"]
        labels = {
            "uid": _("EVSE uid"),
            "number": _("Number at the station"),
            "physical_reference": _("Written on it"),
        }

    def __init__(self, *args: Any, station: ChargingStation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.station = station
        self.fields["number"].required = True

    def clean_number(self) -> int:
        number: int = self.cleaned_data["number"]
        taken = Evse.objects.filter(station=self.station, number=number).exclude(
            pk=self.instance.pk
        )
        if number < 1 or taken.exists():
            raise forms.ValidationError(_("Use a number from 1 that no other EVSE here has."))
        return number

    def connector(self) -> dict[str, Any]:
        names = ("standard", "format", "power_type", "max_voltage", "max_amperage")
        return {"ocpi_id": "1", **{name: self.cleaned_data[name] for name in names}}
