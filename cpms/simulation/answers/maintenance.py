"""Remote trigger, firmware and diagnostics (OCPP 1.6 §5.6, §5.17, §5.19).

No file is fetched or sent: a simulated station tells the statuses that a real one would.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from cpms.simulation.clock import instant
from cpms.simulation.link import Lost, Payload, Refused, TimedOut

if TYPE_CHECKING:
    from cpms.simulation.station import Station

STEP_S = 1.0


def trigger_message(station: "Station", payload: Payload) -> Payload:
    wanted, number = payload["requestedMessage"], payload.get("connectorId")
    if wanted not in TRIGGERS:
        return {"status": "NotImplemented"}
    if number is not None and number not in {0, *station.charging.connectors}:
        return {"status": "Rejected"}
    station.afterwards(lambda: station.spawn(TRIGGERS[wanted](station, number)))
    return {"status": "Accepted"}


def get_diagnostics(station: "Station", payload: Payload) -> Payload:
    name = f"diagnostics-{station.clock.now():%Y%m%dT%H%M%SZ}.txt"
    station.afterwards(lambda: station.spawn(_upload_diagnostics(station)))
    return {"fileName": name}


def update_firmware(station: "Station", payload: Payload) -> Payload:
    begin_at = instant(payload["retrieveDate"])
    station.afterwards(lambda: station.spawn(_update_firmware(station, begin_at)))
    return {}


async def _boot(station: "Station", number: int | None) -> None:
    if station.registration == "Accepted":
        await _quietly(station.boot())
    else:
        station.boot_now.set()


async def _heartbeat(station: "Station", number: int | None) -> None:
    await _say(station, "Heartbeat", {})


async def _statuses(station: "Station", number: int | None) -> None:
    for each, status in station.statuses.current().items():
        if number in {None, each}:
            notification = station.statuses.notification(each, status)
            await _say(station, "StatusNotification", notification)


async def _meter_values(station: "Station", number: int | None) -> None:
    for connector in station.charging.connectors.values():
        if number in {None, 0, connector.number}:
            station.measuring.owe(connector, "MeterValuesSampledData", "Trigger")


async def _firmware_status(station: "Station", number: int | None) -> None:
    await _say(station, "FirmwareStatusNotification", {"status": station.firmware_status})


async def _diagnostics_status(station: "Station", number: int | None) -> None:
    await _say(station, "DiagnosticsStatusNotification", {"status": station.diagnostics_status})


async def _upload_diagnostics(station: "Station") -> None:
    for status in ("Uploading", "Uploaded"):
        station.diagnostics_status = status
        await _say(station, "DiagnosticsStatusNotification", {"status": status})
        await station.clock.sleep(STEP_S)
    station.diagnostics_status = "Idle"


async def _update_firmware(station: "Station", begin_at: Any) -> None:
    """Download at once or when wished, install when no car charges, reboot."""
    await station.clock.sleep_until(begin_at)
    for status in ("Downloading", "Downloaded", "Installing"):
        if status == "Installing":
            for connector in station.charging.connectors.values():
                await connector.idle.wait()
        station.firmware_status = status
        await _say(station, "FirmwareStatusNotification", {"status": status})
        await station.clock.sleep(STEP_S)
    await station.reboot("Reboot")
    await station.registered.wait()
    station.firmware_status = "Idle"
    await _say(station, "FirmwareStatusNotification", {"status": "Installed"})


async def _say(station: "Station", action: str, payload: Payload) -> None:
    await _quietly(station.attempt(action, payload))


async def _quietly(saying: Coroutine[Any, Any, Any]) -> None:
    try:
        await saying
    except (Lost, Refused, TimedOut):
        return


TRIGGERS: "dict[str, Callable[[Station, int | None], Coroutine[Any, Any, None]]]" = {
    "BootNotification": _boot,
    "DiagnosticsStatusNotification": _diagnostics_status,
    "FirmwareStatusNotification": _firmware_status,
    "Heartbeat": _heartbeat,
    "MeterValues": _meter_values,
    "StatusNotification": _statuses,
}
