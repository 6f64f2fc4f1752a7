from cpms.kernel.errors import Conflict, Invalid, Missing


class UnknownTariff(Missing):
    code, message = "unknown_tariff", "There is no such tariff."


class TariffExists(Conflict):
    code, message = "tariff_exists", "There is a tariff with this id already."


class TariffInUse(Conflict):
    code, message = "still_in_use", "It holds somewhere, or it priced a session."


class InvalidTariff(Invalid):
    code, message = "invalid_tariff", "This is not a tariff that can be priced."


class InvalidUsage(Invalid):
    code, message = "invalid_usage", "This is not a session that can be priced."


class TariffNotValid(Invalid):
    code, message = "tariff_not_valid", "The tariff does not hold when the session starts."


class InvalidPlace(Invalid):
    code, message = "invalid_place", "This is not a place where a tariff can hold."
