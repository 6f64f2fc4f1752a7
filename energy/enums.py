"""The words of energy, spelled as on the wire."""

from django.db.models import IntegerChoices, TextChoices
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


class ContractKind(TextChoices):
    """How a supplier prices a kilowatt-hour."""

    SPOT = "SPOT", _("Day-ahead price")
    BANDS = "BANDS", _("Italian time bands F1, F2, F3")
    FLAT = "FLAT", _("One price")


class LimitKind(TextChoices):
    """What a DSO limits. FALLBACK: holds while the DSO cannot be reached."""

    IMPORT = "IMPORT", _("From the grid")
    EXPORT = "EXPORT", _("Into the grid")
    OPTIMUM = "OPTIMUM", _("Wished for, from the grid")
    FALLBACK_IMPORT = "FALLBACK_IMPORT", _("From the grid while the DSO is away")
    FALLBACK_EXPORT = "FALLBACK_EXPORT", _("Into the grid while the DSO is away")


class Phase(TextChoices):
    """Where a limit holds: over all three phases together, or on one."""

    ALL = "ALL", _("All phases together")
    L1 = "L1", _("Phase L1")
    L2 = "L2", _("Phase L2")
    L3 = "L3", _("Phase L3")


class Driver(TextChoices):
    """How a battery or a meter is read."""

    SUNSPEC = "sunspec", _("SunSpec over Modbus TCP")
    REGISTERS = "registers", _("Register map over Modbus TCP")


class Sign(IntegerChoices):
    """How a battery counts its power; ours is positive when it discharges (SunSpec: injection)."""

    UNTESTED = 0, _("Not tested")
    AS_OURS = 1, _("Positive when it discharges")
    TURNED = -1, _("Positive when it charges")


class OutOfPlan(TextChoices):
    """Why a battery is neither planned with nor commanded."""

    NOT_READ = "not_read", _("Not read yet")
    SWITCHED_OFF = "switched_off", _("Switched off here")
    NOT_ALLOWED = "not_allowed", _("Its address is not one that we may connect to")
    NO_ANSWER = "no_answer", _("Does not answer")
    EXCEPTIONS = "exceptions", _("Answers with errors")
    NONSENSE = "nonsense", _("Reports what cannot be")
    SOC_JUMPS = "soc_jumps", _("Its state of charge jumps")
    NOT_READY = "not_ready", _("Not ready: local control, a fault or an alarm")
    UNTESTED = "untested", _("Its sign was not tested yet")


class MeterDriver(TextChoices):
    """How a meter's readings come."""

    SUNSPEC = Driver.SUNSPEC.value, Driver.SUNSPEC.label
    REGISTERS = Driver.REGISTERS.value, Driver.REGISTERS.label
    UPLOAD = "upload", _("Sent over REST")
    OCPP = "ocpp", _("A station's main meter, over OCPP")


class MeterRole(TextChoices):
    """What a meter measures."""

    SUPPLY = "SUPPLY", _("A supply source")
    PHOTOVOLTAICS = "PV", _("Photovoltaics")
    SITE = "SITE", _("The whole site")


class SignTestState(TextChoices):
    """The life of a commissioning test."""

    WAITING = "waiting", _("Waits for the poller")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")


class PhaseRotation(TextChoices):
    """Which phases of the connection (R, S, T) the first, second and third of an EVSE are, in
    the words of OCPP's ConnectorPhaseRotation."""

    RST = "RST", _("L1 L2 L3")
    RTS = "RTS", _("L1 L3 L2")
    SRT = "SRT", _("L2 L1 L3")
    STR = "STR", _("L2 L3 L1")
    TRS = "TRS", _("L3 L1 L2")
    TSR = "TSR", _("L3 L2 L1")


class Standing(IntegerChoices):
    """Whose cars come first where power is short; the lower, the sooner."""

    FIRST = 0, _("Before others")
    USUAL = 1, _("As usual")
    LAST = 2, _("After others")


class PriceUnit(TextChoices):
    """Per what a price is said."""

    KWH = "kWh", _("per kWh")
    MWH = "MWh", _("per MWh")


class PolicyKind(TextChoices):
    """By what a location's energy is steered (R12)."""

    AUTOMATIC = "automatic", _("Automatic: least cost over the next day and a half")
    CHEAPEST = "cheapest", _("Cheapest source at each moment, battery at rest")
    GREENEST = "greenest", _("Least CO₂")
    RESERVE = "battery_reserve", _("Automatic, with a share of the battery kept")
    FIXED = "fixed_source", _("One source as far as it can")
    OFF = "off", _("Off: nothing is steered, limits still hold")
