"""The form of a station."""

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.domain.identity import fault_in_identity
from stations.models import ChargingStation

PROFILES = [
    (1, _("1: key, without TLS")),
    (2, _("2: key, under TLS (recommended)")),
    (3, _("3: client certificate")),
]


class StationForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the CPO states of a station; the rest it tells itself when it boots."""

    security_profile = forms.TypedChoiceField(
        label=_("Security profile"), choices=PROFILES, coerce=int, initial=1
    )

    class Meta:
        model = ChargingStation
        fields = ["identity", "location", "security_profile", "strict"]
        labels = {
            "identity": _("Identity"),
            "location": _("Location"),
            "strict": _("Refuse what deviates from the specification"),
        }
        help_texts = {
            "identity": _("The last part of the address the station connects to."),
            "strict": _("Off: known faults of stations are repaired, and counted."),
        }

    def clean_identity(self) -> str:
        identity: str = self.cleaned_data["identity"]
        if fault := fault_in_identity(identity):
            raise forms.ValidationError(fault)
        return identity
