"""The forms of an EVSE and of its connectors (OCPI 2.2.1 §8.3.2, §8.3.3)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.enums import ConnectorFormat, PowerType
from stations.models import ChargingStation, Evse
from stations.portal.forms.sections import Sectioned, choices_with, measured, several
from stations.portal.forms.words import CAPABILITIES, PARKING_RESTRICTIONS, STANDARDS

MOST_CONNECTORS = 6
LANGUAGE = "en"
CONNECTOR_FIELDS = (
    "ocpi_id", "standard", "format", "power_type", "max_voltage", "max_amperage",
    "max_electric_power", "terms_and_conditions",
)  # fmt: skip


class EvseForm(Sectioned, forms.ModelForm):  # type: ignore[type-arg]
    capabilities = several(_("It can"), CAPABILITIES)
    parking_restrictions = several(_("Who may park there"), PARKING_RESTRICTIONS)
    directions_text = forms.CharField(
        label=_("How to find it"),
        max_length=512,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    sections_of = {
        _("Names"): ("uid", "number", "evse_id", "physical_reference"),
        _("Place"): ("latitude", "longitude", "floor_level", "directions_text"),
        _("Use"): ("capabilities", "parking_restrictions"),
    }

    class Meta:
        model = Evse
        fields = [
            "uid", "number", "evse_id", "physical_reference", "floor_level", "latitude",
            "longitude", "capabilities", "parking_restrictions",
        ]  # fmt: skip
        labels = {
            "uid": _("EVSE uid"),
            "number": _("Number at the station"),
            "evse_id": _("EVSE id (eMI3)"),
            "physical_reference": _("Written on it"),
            "floor_level": _("Floor"),
            "latitude": _("Latitude"),
            "longitude": _("Longitude"),
        }
        help_texts = {
            "number": _("The connectorId by which the station speaks of it, from 1."),
            "evse_id": _("Like NL*EMA*E0001; drivers may see it."),
            "latitude": _("Only where it differs from the location's."),
        }

    def __init__(
        self, data: Any = None, *, station: ChargingStation, instance: Evse | None = None
    ) -> None:
        directions = instance.directions if instance else []
        initial = {"directions_text": next((entry["text"] for entry in directions), "")}
        super().__init__(data, instance=instance, initial=initial)
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

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (cleaned.get("latitude") is None) != (cleaned.get("longitude") is None):
            self.add_error("longitude", _("State both latitude and longitude, or neither."))
        text = cleaned.get("directions_text", "")
        language = next((entry["language"] for entry in self.instance.directions), LANGUAGE)
        first = [{"language": language, "text": text}] if text else []
        self.instance.directions = first + self.instance.directions[1:]
        return cleaned


class ConnectorForm(forms.Form):
    """A socket or cable."""

    ocpi_id = forms.CharField(label=_("Connector id"), max_length=36)
    standard = forms.ChoiceField(label=_("Plug"))
    format = forms.ChoiceField(label=_("Format"), choices=ConnectorFormat.choices)
    power_type = forms.ChoiceField(label=_("Kind of current"), choices=PowerType.choices)
    max_voltage = measured(_("Voltage"), "V", most=2000)
    max_amperage = measured(_("Current"), "A", most=2000)
    max_electric_power = measured(_("Power, if less"), "W", most=2_000_000, required=False)
    terms_and_conditions = forms.URLField(
        label=_("Terms (web address)"), required=False, assume_scheme="https"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.initial.get("standard", "")
        self.fields["standard"].choices = choices_with(STANDARDS, held)  # type: ignore[attr-defined]


def kept(formset: "forms.BaseFormSet[ConnectorForm]") -> list[dict[str, Any]]:
    """Field values of the connectors that are not ticked to go."""
    return [
        {name: form.cleaned_data.get(name) for name in CONNECTOR_FIELDS}
        for form in formset.forms
        if form not in formset.deleted_forms
    ]


class _Connectors(forms.BaseFormSet):  # type: ignore[type-arg]
    """Connectors of one EVSE: each has an id of its own, and there is at least one."""

    def clean(self) -> None:
        ids = [fields.get("ocpi_id") for fields in kept(self)]
        if not ids:
            raise forms.ValidationError(_("An EVSE has at least one connector."))
        if len(ids) != len(set(ids)):
            raise forms.ValidationError(_("Each connector needs an id of its own."))

    def add_fields(self, form: ConnectorForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove this connector")


ConnectorForms = forms.formset_factory(
    ConnectorForm, formset=_Connectors, extra=0, can_delete=True, max_num=MOST_CONNECTORS
)


def rows_of(evse: Evse | None, wanted: int) -> list[dict[str, Any]]:
    """What the connectors' forms begin with: those held, and new ones up to `wanted`."""
    held = list(evse.connectors.all()) if evse else []
    rows = [{name: getattr(one, name) for name in CONNECTOR_FIELDS} for one in held]
    taken = {row["ocpi_id"] for row in rows}
    free = (str(number) for number in range(1, 100) if str(number) not in taken)
    count = min(max(wanted, len(rows), 1), max(MOST_CONNECTORS, len(rows)))
    return rows + [{"ocpi_id": next(free)} for _row in range(count - len(rows))]
