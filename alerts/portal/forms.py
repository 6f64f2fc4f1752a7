"""What people fill in about alerts."""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from alerts.models.alert import LONGEST_NOTE

HOUR, DAY = 3_600, 86_400


class TakeOnForm(forms.Form):
    """Who takes an alert on says what they do about it, and for how long it may rest."""

    note = forms.CharField(
        label=_("Note"), max_length=LONGEST_NOTE, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is being done, for your colleagues."),
    )  # fmt: skip
    rests = forms.TypedChoiceField(
        label=_("It rests"), coerce=int, empty_value=None, required=False,
        choices=[
            ("", _("until it is over")),
            (HOUR, _("for an hour")),
            (4 * HOUR, _("for four hours")),
            (DAY, _("for a day")),
            (7 * DAY, _("for a week")),
        ],
    )  # fmt: skip

    def until(self, now: datetime) -> datetime | None:
        """When it shall wait for a person again."""
        seconds = self.cleaned_data["rests"]
        return now + timedelta(seconds=seconds) if seconds else None
