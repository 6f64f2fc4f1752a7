"""Forms of batteries and meters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from energy.models import Battery, SiteMeter
from energy.models.battery import MOST_KW
from stations.portal.forms.sections import Sectioned

UNITS = {
    "capacity_kwh": "kWh",
    "charge_kw": "kW",
    "discharge_kw": "kW",
    "wear_kwh": _("per kWh"),
}
SHARES = ("efficiency", "soc_min", "soc_max")


class BatteryForm(Sectioned, forms.ModelForm):  # type: ignore[type-arg]
    """What is said of a battery; what it reports is no form's business."""

    sections_of = {
        _("Battery"): (
            "location", "name", "is_enabled", "capacity_kwh", "charge_kw", "discharge_kw",
            "efficiency", "soc_min", "soc_max", "wear_kwh",
        ),
        _("Connection"): ("driver", "host", "port", "unit_id", "register_map"),
    }  # fmt: skip

    class Meta:
        model = Battery
        fields = [
            "location", "name", "is_enabled", "capacity_kwh", "charge_kw", "discharge_kw",
            "efficiency", "soc_min", "soc_max", "wear_kwh", "driver", "host", "port", "unit_id",
            "register_map",
        ]  # fmt: skip
        labels = {
            "location": _("Location"),
            "name": _("Name"),
            "is_enabled": _("In use"),
            "capacity_kwh": _("Capacity"),
            "charge_kw": _("Charges with at most"),
            "discharge_kw": _("Discharges with at most"),
            "efficiency": _("Efficiency, one way (0 to 1)"),
            "soc_min": _("Lowest state of charge (0 to 1)"),
            "soc_max": _("Highest state of charge (0 to 1)"),
            "wear_kwh": _("Wear"),
            "driver": _("Speaks"),
            "host": _("Host name or address"),
            "port": _("Port"),
            "unit_id": _("Unit id"),
            "register_map": _("Register map"),
        }
        help_texts = {
            "wear_kwh": _("What a kWh that goes in and comes out again costs in wear."),
            "host": _("It must be one that CPMS_EGRESS_ALLOW names."),
            "register_map": _("Only for the driver that needs one."),
        }

    def __init__(self, data: Any = None, *, instance: Battery | None = None) -> None:
        super().__init__(data, instance=instance)
        for name, unit in UNITS.items():
            vars(self.fields[name])["unit"] = unit
        for name in (*SHARES, *UNITS):
            most = 1 if name in SHARES else MOST_KW
            self.fields[name].widget.attrs |= {"min": 0, "max": most, "step": "any"}
        self.fields["host"].required = True
        if instance is not None:
            self.fields["location"].disabled = True

    def clean(self) -> dict[str, Any]:
        """What the database would refuse, in its place."""
        cleaned = super().clean() or {}
        low, high = cleaned.get("soc_min"), cleaned.get("soc_max")
        if low is not None and high is not None and low >= high:
            self.add_error("soc_max", _("It must be above the lowest."))
        return cleaned


class MeterForm(Sectioned, forms.ModelForm):  # type: ignore[type-arg]
    """What is said of a location's meter; what does not belong to its driver is left empty."""

    sections_of = {
        _("Meter"): ("name", "role", "source", "driver", "is_turned"),
        _("Connection"): ("host", "port", "unit_id", "register_map", "station"),
    }

    class Meta:
        model = SiteMeter
        fields = [
            "name", "role", "source", "driver", "is_turned", "host", "port", "unit_id",
            "register_map", "station",
        ]  # fmt: skip
        labels = {
            "name": _("Name"),
            "role": _("Measures"),
            "source": _("Supply source"),
            "driver": _("Read by"),
            "is_turned": _("Counts the other way: positive out of the site"),
            "host": _("Host name or address"),
            "port": _("Port"),
            "unit_id": _("Unit id"),
            "register_map": _("Register map"),
            "station": _("Station"),
        }
        help_texts = {
            "source": _("Only of a meter of one supply source."),
            "host": _("Only over Modbus TCP; it must be one that CPMS_EGRESS_ALLOW names."),
            "register_map": _("Only for the driver that needs one."),
            "station": _("Only over OCPP: whose connector 0 is the meter."),
        }

    def __init__(self, data: Any = None, *, instance: SiteMeter) -> None:
        super().__init__(data, instance=instance)
        place = instance.location
        self.fields["source"].queryset = place.supply_sources.all()  # type: ignore[attr-defined]
        stations = place.stations.order_by("identity")
        self.fields["station"].queryset = stations  # type: ignore[attr-defined]
