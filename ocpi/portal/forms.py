"""What an administrator fills in about a partner."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ocpi.enums import Role
from ocpi.models import Partner

LETTERS_2 = RegexValidator(r"^[A-Za-z]{2}$", gettext_lazy("Two letters, such as NL."))
LETTERS_3 = RegexValidator(r"^[A-Za-z0-9]{3}$", gettext_lazy("Three letters or digits."))
TOKEN = RegexValidator(r"^[!-~]+$", gettext_lazy("Printable characters without spaces."))


class InviteForm(forms.Form):
    """Whom to let register with us."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=64)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.EMSP)
    country_code = forms.CharField(
        label=gettext_lazy("Country code"), max_length=2, required=False, validators=[LETTERS_2]
    )
    party_id = forms.CharField(
        label=gettext_lazy("Party id"),
        max_length=3,
        required=False,
        validators=[LETTERS_3],
        help_text=gettext_lazy("With both, it may register as this party only."),
    )

    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or {}
        if bool(fields.get("country_code")) != bool(fields.get("party_id")) and not self.errors:
            self.add_error("party_id", _("Country code and party id go together."))
        return fields

    @property
    def whom(self) -> dict[str, Any]:
        """The arguments of `invite`."""
        fields = self.cleaned_data
        party = (fields["country_code"], fields["party_id"]) if fields["party_id"] else None
        return {"name": fields["name"], "role": fields["role"], "party": party}


class AccessForm(forms.Form):
    """What the partner gave us, to register with it."""

    versions_url = forms.URLField(
        label=gettext_lazy("Their versions URL"), max_length=1024, assume_scheme="https"
    )
    token_a = forms.CharField(
        label=gettext_lazy("Their token A"),
        max_length=64,
        validators=[TOKEN],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("As the partner sent it, not in Base64. It is used once, not kept."),
    )


class ConnectForm(AccessForm, InviteForm):
    """Whom to register with, and how."""

    field_order = ["name", "role", "country_code", "party_id", "versions_url", "token_a"]


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """How failures of a partner are met."""

    class Meta:
        model = Partner
        fields = ["opens_after", "answer_within_s", "first_wait_s", "longest_wait_s"]
        labels = {
            "opens_after": gettext_lazy("Failures in a row until it is let alone"),
            "answer_within_s": gettext_lazy("How long one request may take"),
            "first_wait_s": gettext_lazy("First wait"),
            "longest_wait_s": gettext_lazy("Longest wait"),
        }
        help_texts = {
            "opens_after": gettext_lazy(
                "A partner that does not answer at all is let alone at once."
            ),
            "first_wait_s": gettext_lazy("Each further failure doubles it, up to the longest."),
            "longest_wait_s": gettext_lazy("Then one request tries whether it is back."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("answer_within_s", "first_wait_s", "longest_wait_s"):
            self.fields[name].unit = "s"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or {}
        first, longest = fields.get("first_wait_s"), fields.get("longest_wait_s")
        if first and longest and first > longest:
            self.add_error("longest_wait_s", _("It cannot be shorter than the first wait."))
        return fields
