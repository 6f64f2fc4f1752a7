"""The forms of reservations: where, for whom, from when to when."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.enums import CanceledBy
from booking.portal.filters import zone_of
from cpms.kernel.windows import TimeWindow
from stations.models import Location
from stations.portal.forms.words import STANDARDS
from stations.selectors import evses_of

EVSE, ANY = "evse", "any"
CLOCK = "%Y-%m-%dT%H:%M"


class LocalTime(forms.DateTimeField):
    """A date and time of a location's clock."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=CLOCK)
        super().__init__(widget=widget, **kwargs)
        self.zone = "UTC"

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            local = datetime.fromisoformat(str(value))
            return local.replace(tzinfo=zone_of(self.zone))
        except (ValueError, OverflowError) as fault:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from fault

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(zone_of(self.zone)).replace(tzinfo=None)
        return value


class WindowForm(forms.Form):
    """From when to when, by the location's clock."""

    starts_at = LocalTime(label=gettext_lazy("From"), required=False)
    ends_at = LocalTime(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, location: Location, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        for name in ("starts_at", "ends_at"):
            self.fields[name].zone = location.time_zone  # type: ignore[attr-defined]
        self.fields["starts_at"].help_text = (
            _("By the clock of %s. Left empty: from now on, and the station is asked to hold it.")
            % location.time_zone
        )

    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or {}
        starts_at, ends_at = fields.get("starts_at") or self.now, fields.get("ends_at")
        if ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("It must end after it starts."))
        return fields

    def window(self) -> TimeWindow:
        return TimeWindow(self.cleaned_data["starts_at"] or self.now, self.cleaned_data["ends_at"])


class ReservationForm(WindowForm):
    """An EVSE of a location, or any of its EVSEs with such a connector."""

    place = forms.ChoiceField(label=gettext_lazy("EVSE"))
    id_token = forms.CharField(
        label=gettext_lazy("Id token"),
        max_length=36,
        help_text=gettext_lazy("Who may charge there then: this token, or any of its group."),
    )
    field_order = ("place", "id_token", "starts_at", "ends_at")

    def __init__(self, *args: Any, location: Location, **kwargs: Any) -> None:
        super().__init__(*args, location=location, **kwargs)
        self.fields["place"].choices = _places(location)  # type: ignore[attr-defined]
        self.fields["id_token"].widget.attrs["autocomplete"] = "off"

    def kind_and_key(self) -> tuple[str, str]:
        """`evse` and its uid, or `any` and OCPI's ConnectorType."""
        kind, _colon, key = str(self.cleaned_data["place"]).partition(":")
        return kind, key


def _places(location: Location) -> list[Any]:
    evses = [evse for evse in evses_of(location) if evse.station]
    standards = sorted(
        {connector.standard for evse in evses for connector in evse.connectors.all()}
    )
    return [
        (_("EVSE"), [(f"{EVSE}:{evse.uid}", str(evse)) for evse in evses]),
        (
            _("Any EVSE with"),
            [(f"{ANY}:{standard}", STANDARDS.get(standard, standard)) for standard in standards],
        ),
    ]


class CancelForm(forms.Form):
    """By whom: the terms of cancelling are for drivers."""

    by = forms.ChoiceField(choices=CanceledBy.choices)
    reason = forms.CharField(max_length=120, required=False)
