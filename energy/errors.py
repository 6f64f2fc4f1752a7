"""Refusals of the energy app."""

from cpms.kernel.errors import Conflict, Invalid, Missing


class BadProfile(Invalid):
    code, message = "bad_profile", "This charging profile makes no sense as it stands."


class ProfilesNotSupported(Conflict):
    code, message = "profiles_not_supported", "This station cannot be given charging profiles."


class ProfileTooLong(Conflict):
    code, message = "profile_too_long", "This station cannot keep that many periods."


class InvalidSite(Invalid):
    code, message = "invalid_site", "This is not a site that can be dispatched."


class InvalidSeries(Invalid):
    code, message = "invalid_series", "This is not a file of prices or sessions."


class BadLimits(Invalid):
    code, message = "bad_limits", "These capacity limits make no sense as they stand."


class BadPrices(Invalid):
    code, message = "bad_prices", "These energy prices make no sense as they stand."


class BadContract(Invalid):
    code, message = "bad_contract", "This supply contract makes no sense as it stands."


class BadSupply(Invalid):
    code, message = "bad_supply", "This makes no sense as it stands."


class BadPolicy(Invalid):
    code, message = "bad_policy", "This energy policy makes no sense as it stands."


class UnknownSource(Missing):
    code, message = "unknown_supply_source", "There is no such supply source."


class UnknownContract(Missing):
    code, message = "unknown_supply_contract", "There is no such supply contract."


class UnknownLimit(Missing):
    code, message = "unknown_capacity_limit", "There is no such capacity limit."


class UnknownPriceList(Missing):
    code, message = "unknown_price_list", "There is no such price list."


class SupplyExists(Conflict):
    code, message = "supply_exists", "There is one with this name or start already."


class SupplyInUse(Conflict):
    code, message = "supply_in_use", "It is in use and cannot be deleted."


class UnknownBattery(Missing):
    code, message = "unknown_battery", "There is no such battery."


class BatteryExists(Conflict):
    code, message = "battery_exists", "There is a battery of this name or at this address already."


class BatteryInvalid(Invalid):
    code, message = "battery_invalid", "This is not a battery that can be."


class BatteryHasHistory(Conflict):
    code, message = (
        "battery_has_history",
        "Reports need what it did: a battery that was used is switched off, not removed.",
    )


class BatteryOutOfPlan(Conflict):
    code, message = "battery_out_of_plan", "This battery is out of the plan and not commanded."


class BadSetpoint(Invalid):
    code, message = "bad_setpoint", "This is not a set-point that a battery can be given."


class InvalidRegisterMap(Invalid):
    code, message = "invalid_register_map", "This is not a register map."


class UnknownRegisterMap(Invalid):
    code, message = "unknown_register_map", "There is no register map of this name."


class AlreadyTested(Conflict):
    code, message = "already_tested", "This battery is being tested already."


class InvalidPeriod(Invalid):
    code, message = (
        "invalid_period",
        "A period is a month (2026-10), a quarter (2026-Q4) or a year.",
    )


class InvalidFormat(Invalid):
    code, message = "invalid_format", "A report comes as json, csv, xlsx or pdf."


class SharingInvalid(Invalid):
    code, message = (
        "sharing_invalid",
        "The fuse is from 6 to 10,000 A, the safe default 0 or from 6 A to what the fuse bears.",
    )


class UnknownPlace(Invalid):
    code, message = "unknown_place", "There is no such EVSE at this location."


class NoPowerSharing(Missing):
    code, message = "no_power_sharing", "This location does not share its power."


class UnknownMeter(Missing):
    code, message = "unknown_meter", "There is no such meter."


class MeterExists(Conflict):
    code, message = "meter_exists", "There is a meter of this name at this location already."


class MeterInvalid(Invalid):
    code, message = "meter_invalid", "This is not a meter that can be."


class MeterHasHistory(Conflict):
    code, message = "meter_has_history", "Reports need its readings: it is not removed."


class ReadingsNotSent(Conflict):
    code, message = "readings_not_sent", "This meter is read by us; nobody sends its readings."


class BadReadings(Invalid):
    code, message = "bad_readings", "These readings cannot be; none was stored."


class NeverTested(Missing):
    code, message = "never_tested", "The sign of this battery was never tested."


class UnknownDynamicTariff(Missing):
    code, message = "unknown_dynamic_tariff", "There is no such dynamic tariff."


class NoPlanYet(Conflict):
    code, message = "no_plan_yet", "The location has no plan that reaches this day."
