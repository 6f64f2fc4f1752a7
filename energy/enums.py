"""The words of energy, spelled as on the wire."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RateUnit(TextChoices):
    """In what a limit is given (OCPI 2.2.1 §14.4.2, OCPP): watts in all, or amperes per phase."""

    WATT = "W", _("W in all")
    AMPERE = "A", _("A per phase")


class ProfileType(TextChoices):
    """OCPI 2.2.1 §9.4.2: how a driver wants to charge."""

    CHEAP = "CHEAP", _("As cheaply as possible")
    FAST = "FAST", _("As fast as possible")
    GREEN = "GREEN", _("As green as possible")
    REGULAR = "REGULAR", _("As usual")


class PreferencesAnswer(TextChoices):
    """OCPI 2.2.1 §9.4.1: what we make of a driver's preferences."""

    ACCEPTED = "ACCEPTED", _("Accepted")
    DEPARTURE_REQUIRED = "DEPARTURE_REQUIRED", _("When it leaves must be known")
    ENERGY_NEED_REQUIRED = "ENERGY_NEED_REQUIRED", _("How much it needs must be known")
    NOT_POSSIBLE = "NOT_POSSIBLE", _("Not possible")
    PROFILE_TYPE_NOT_SUPPORTED = "PROFILE_TYPE_NOT_SUPPORTED", _("Not offered here")
