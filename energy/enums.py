"""The words of energy, spelled as on the wire."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RateUnit(TextChoices):
    """In what a limit is given (OCPI 2.2.1 §14.4.2, OCPP): watts in all, or amperes per phase."""

    WATT = "W", _("W in all")
    AMPERE = "A", _("A per phase")
