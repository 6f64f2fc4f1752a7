from cpms.kernel.errors import Conflict, Missing


class UnknownTariff(Missing):
    code, message = "unknown_tariff", "There is no such tariff."


class TariffExists(Conflict):
    code, message = "tariff_exists", "There is a tariff with this id already."


class TariffInUse(Conflict):
    code, message = "still_in_use", "It holds somewhere, or it priced a session."
