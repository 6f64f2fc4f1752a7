"""What an administrator fills in about a grid operator."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from dso.enums import WireVersion
from dso.models.dso import LEAST_POLL_S, MOST_POLL_S
from energy.models import PriceList, SupplySource

PLAIN = RegexValidator(r"^[!-~]+$", _("Printable characters without spaces."))
EIC = RegexValidator(r"^10Y[A-Z0-9-]{13}$", _("16 characters that begin with 10Y."))
UNSEEN = {"autocomplete": "off", "spellcheck": "false"}


class VtnForm(forms.Form):
    """A VTN of OpenADR 3, and how to get in there."""

    name = forms.CharField(label=_("Name"), max_length=64)
    base_url = forms.URLField(label=_("URL"), max_length=1024, assume_scheme="https")
    version = forms.ChoiceField(
        label=_("Version"), choices=WireVersion.choices, initial=WireVersion.V310
    )
    client_id = forms.CharField(label=_("Client id"), max_length=255, validators=[PLAIN])
    secret = forms.CharField(
        label=_("Client secret"), max_length=255, validators=[PLAIN],
        widget=forms.PasswordInput(attrs=UNSEEN),
    )  # fmt: skip
    scope = forms.CharField(label=_("Scope"), max_length=255, required=False)
    token_url = forms.URLField(
        label=_("Token URL"), max_length=1024, required=False, assume_scheme="https",
        help_text=_("Only where the VTN does not say."),
    )  # fmt: skip
    ven_name = forms.CharField(label=_("Our VEN name"), max_length=128, required=False)
    poll_every_s = forms.IntegerField(
        label=_("Read every"), min_value=LEAST_POLL_S, max_value=MOST_POLL_S, initial=60
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["poll_every_s"].unit = "s"  # type: ignore[attr-defined]


class InviteForm(forms.Form):
    """An OSCP peer that shall register with us."""

    name = forms.CharField(label=_("Name"), max_length=64)


class PeerForm(forms.Form):
    """An OSCP peer that gave us token A."""

    name = forms.CharField(label=_("Name"), max_length=64)
    base_url = forms.URLField(
        label=_("Its URL for OSCP 2.0"), max_length=1024, assume_scheme="https"
    )
    token_a = forms.CharField(
        label=_("Its token A"), max_length=255, validators=[PLAIN],
        widget=forms.TextInput(attrs=UNSEEN), help_text=_("It is used once, and sealed until then."),
    )  # fmt: skip


class SourceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.location} · {obj.name}"


class LinkForm(forms.Form):
    """A source that a DSO may speak for."""

    source = SourceField(
        label=_("Supply source"),
        queryset=SupplySource.objects.select_related("location").order_by("location__name", "name"),
    )
    group = forms.CharField(
        label=_("Group or target"), max_length=255, required=False,
        help_text=_("The OSCP group id; in OpenADR the target, if it is not the connection id."),
    )  # fmt: skip
    program = forms.CharField(
        label=_("Program"), max_length=128, required=False, help_text=_("OpenADR; blank: any.")
    )
    price_list = forms.ModelChoiceField(
        label=_("Price list"), queryset=PriceList.objects.all(), required=False,
        help_text=_("Where its prices go, if it tells any."),
    )  # fmt: skip


class FeedForm(forms.Form):
    """A price list to be filled from ENTSO-E."""

    price_list = forms.ModelChoiceField(label=_("Price list"), queryset=PriceList.objects.all())
    area = forms.CharField(
        label=_("Bidding zone"), max_length=16, validators=[EIC],
        help_text=_("Its EIC code, such as 10YNL----------L."),
    )  # fmt: skip
    token = forms.CharField(
        label=_("Security token"), max_length=255, validators=[PLAIN],
        widget=forms.PasswordInput(attrs=UNSEEN),
        help_text=_("ENTSO-E gives you one; it is kept sealed."),
    )  # fmt: skip
