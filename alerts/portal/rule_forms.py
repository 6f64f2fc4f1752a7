"""What administrators fill in about who is told of alerts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alerts.enums import Kind
from alerts.models import AlertRule


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which alerts, and which webhooks hear of them; staff subscribe by themselves."""

    kinds = forms.MultipleChoiceField(
        label=_("Kinds"), choices=Kind.choices, required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("None ticked: all."),
    )  # fmt: skip

    class Meta:
        model = AlertRule
        fields = ["name", "least_severity", "kinds", "locations", "webhooks"]
        labels = {
            "name": _("Name"), "least_severity": _("At least"), "locations": _("Locations"),
            "webhooks": _("Sent to webhooks"),
        }  # fmt: skip
        help_texts = {"locations": _("None chosen: all, and what belongs to none.")}
        widgets = {"webhooks": forms.CheckboxSelectMultiple}


class WebhookForm(forms.Form):
    """Where alerts are sent to."""

    name = forms.CharField(label=_("Name"), max_length=64)
    url = forms.URLField(
        label=_("URL"), max_length=1024, assume_scheme="https",
        help_text=_("It is sent a signed JSON document for each alert that opens or is over."),
    )  # fmt: skip
