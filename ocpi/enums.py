"""The words of the roaming edge, spelled as on the wire where there is a wire."""

from django.db.models import TextChoices


class PartnerState(TextChoices):
    """How far a partner is connected."""

    INVITED = "invited", "Invited"
    CONNECTED = "connected", "Connected"
    SUSPENDED = "suspended", "Suspended"
    GONE = "gone", "Unregistered"


class Role(TextChoices):
    """OCPI 2.2.1 §17.3 Role."""

    CPO = "CPO", "CPO"
    EMSP = "EMSP", "eMSP"
    HUB = "HUB", "Hub"
    NAP = "NAP", "National access point"
    NSP = "NSP", "Navigation service"
    OTHER = "OTHER", "Other"
    SCSP = "SCSP", "Smart charging service"


class TokenEncoding(TextChoices):
    """How a partner wants to read a credentials token in the Authorization header: Base64
    (2.2.1 §4.1.1) or as it is (2.1.1, 2.2 and many that meant to speak 2.2.1)."""

    BASE64 = "base64", "Base64"
    RAW = "raw", "As it is"


class TokenKind(TextChoices):
    """What a credentials token that we gave opens: registration alone, or everything."""

    INVITATION = "invitation", "Invitation (token A)"
    ACCESS = "access", "Access"


class Module(TextChoices):
    """The modules whose objects we push."""

    LOCATIONS = "locations", "Locations"
    TARIFFS = "tariffs", "Tariffs"
    SESSIONS = "sessions", "Sessions"
    CDRS = "cdrs", "CDRs"
