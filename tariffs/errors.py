from cpms.kernel.errors import Missing


class UnknownTariff(Missing):
    code, message = "unknown_tariff", "There is no such tariff."
