"""The configuration keys of a simulated station (OCPP 1.6 §9) and how they change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cpms.simulation.metering import MEASURANDS

SHORTEST_KEY_BYTES, LONGEST_KEY_BYTES = 16, 20  # Security whitepaper A00.FR.205, in hex


def _whole(text: str) -> bool:
    return text.isdecimal() and int(text) < 2**31


def _truth(text: str) -> bool:
    return text.lower() in {"true", "false"}


def _measurands(text: str) -> bool:
    return all(name.strip() in MEASURANDS for name in text.split(",") if name.strip())


def _key(text: str) -> bool:
    try:
        return SHORTEST_KEY_BYTES <= len(bytes.fromhex(text)) <= LONGEST_KEY_BYTES
    except ValueError:
        return False


def _any(text: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it is at first, what it may become, whether it can be written or read."""

    default: str
    fits: Callable[[str], bool] = _any
    readonly: bool = False
    writeonly: bool = False
    needs_reboot: bool = False


KEYS: dict[str, Key] = {
    "AllowOfflineTxForUnknownId": Key("true", _truth),
    "AuthorizationCacheEnabled": Key("true", _truth),
    "AuthorizationKey": Key("", _key, writeonly=True),
    "AuthorizeRemoteTxRequests": Key("false", _truth),
    "ChargeProfileMaxStackLevel": Key("10", readonly=True),
    "ChargingScheduleAllowedChargingRateUnit": Key("Current,Power", readonly=True),
    "ChargingScheduleMaxPeriods": Key("96", readonly=True),
    "ClockAlignedDataInterval": Key("0", _whole),
    "ConnectionTimeOut": Key("60", _whole),
    "ConnectorPhaseRotation": Key("NotApplicable", needs_reboot=True),
    "GetConfigurationMaxKeys": Key("60", readonly=True),
    "HeartbeatInterval": Key("300", _whole),
    "LocalAuthListEnabled": Key("true", _truth),
    "LocalAuthListMaxLength": Key("500", readonly=True),
    "LocalAuthorizeOffline": Key("true", _truth),
    "LocalPreAuthorize": Key("false", _truth),
    "MaxChargingProfilesInstalled": Key("20", readonly=True),
    "MeterValueSampleInterval": Key("60", _whole),
    "MeterValuesAlignedData": Key("Energy.Active.Import.Register", _measurands),
    "MeterValuesSampledData": Key(
        "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC", _measurands
    ),
    "NumberOfConnectors": Key("1", readonly=True),
    "ReserveConnectorZeroSupported": Key("true", readonly=True),
    "ResetRetries": Key("3", _whole),
    "SendLocalListMaxLength": Key("100", readonly=True),
    "StopTransactionOnEVSideDisconnect": Key("true", _truth),
    "StopTransactionOnInvalidId": Key("true", _truth),
    "StopTxnAlignedData": Key("", _measurands),
    "StopTxnSampledData": Key("Energy.Active.Import.Register", _measurands),
    "SupportedFeatureProfiles": Key(
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger",
        readonly=True,
    ),
    "TransactionMessageAttempts": Key("3", _whole),
    "TransactionMessageRetryInterval": Key("10", _whole),
    "UnlockConnectorOnEVSideDisconnect": Key("true", _truth),
    "WebSocketPingInterval": Key("60", _whole, needs_reboot=True),
}


class Configuration:
    """The keys and their values. `changed` holds what differs from the defaults and survives."""

    def __init__(self, changed: dict[str, str], connectors: int) -> None:
        self.changed = changed
        self._fixed = {"NumberOfConnectors": str(connectors)}

    def __getitem__(self, name: str) -> str:
        return self._fixed.get(name) or self.changed.get(name, KEYS[name].default)

    def number(self, name: str) -> int:
        return int(self[name])

    def truth(self, name: str) -> bool:
        return self[name].lower() == "true"

    def names(self, name: str) -> list[str]:
        return [part.strip() for part in self[name].split(",") if part.strip()]

    def change(self, name: str, value: str) -> str:
        """What ChangeConfiguration.conf says (§5.3), having done it."""
        key = KEYS.get(name)
        if key is None:
            return "NotSupported"
        if key.readonly or not key.fits(value):
            return "Rejected"
        self.changed[name] = value
        return "RebootRequired" if key.needs_reboot else "Accepted"

    def report(self, names: list[str]) -> dict[str, Any]:
        """GetConfiguration.conf (§5.8): the keys asked for, or all that can be read."""
        wanted = names or [name for name, key in KEYS.items() if not key.writeonly]
        known = [self._entry(name) for name in wanted if name in KEYS]
        return {"configurationKey": known, "unknownKey": [n for n in wanted if n not in KEYS]}

    def _entry(self, name: str) -> dict[str, Any]:
        entry: dict[str, Any] = {"key": name, "readonly": KEYS[name].readonly}
        return entry if KEYS[name].writeonly else entry | {"value": self[name]}
