"""The words of the grid operators' edge."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Protocol(TextChoices):
    OPENADR3 = "OPENADR3", _("OpenADR 3")
    OSCP2 = "OSCP2", _("OSCP 2.0")


class WireVersion(TextChoices):
    """OpenADR 3.1 reads no messages of 3.0, nor the other way about."""

    V301 = "3.0.1", _("OpenADR 3.0.1")
    V310 = "3.1.0", _("OpenADR 3.1.0")


class DsoState(TextChoices):
    """NEW: nothing was agreed yet. AWAY: it was connected, and nothing is heard any more."""

    NEW = "new", _("Not connected")
    CONNECTED = "connected", _("Connected")
    AWAY = "away", _("Away")
    SUSPENDED = "suspended", _("Suspended")


class Alarm(TextChoices):
    """What a person should look at; blank: nothing."""

    AWAY = "away", _("Nothing is heard of it")
    REFUSED = "refused", _("It says what cannot be")
    STALE = "stale", _("Its prices are stale")


class TokenKind(TextChoices):
    """What a DSO lets itself in with: token A, until it registered; then one of its own; the
    bearer token of its notifications."""

    INVITATION = "invitation", _("Invitation")
    ACCESS = "access", _("Access")
    WEBHOOK = "webhook", _("Notifications")


class Direction(TextChoices):
    IN = "in", _("From the DSO")
    OUT = "out", _("To the DSO")
