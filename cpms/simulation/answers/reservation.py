"""Reservation profile (OCPP 1.6 §5.1, §5.13)."""

from typing import TYPE_CHECKING

from cpms.simulation.clock import instant
from cpms.simulation.link import Payload
from cpms.simulation.reservations import Reservation

if TYPE_CHECKING:
    from cpms.simulation.station import Station

REFUSALS = {"Faulted": "Faulted", "Unavailable": "Unavailable", "Available": "Accepted"}


def reserve_now(station: "Station", payload: Payload) -> Payload:
    """The same reservationId replaces the hold it names."""
    hold = Reservation(
        reservation_id=payload["reservationId"],
        connector=payload["connectorId"],
        id_tag=payload["idTag"],
        parent=payload.get("parentIdTag"),
        expires_at=instant(payload["expiryDate"]),
    )
    status = _verdict(station, hold)
    if status == "Accepted":
        station.charging.reservations.held[hold.reservation_id] = hold
        station.afterwards(station.statuses.report)
        station.spawn(_expire(station, hold))
    return {"status": status}


def cancel_reservation(station: "Station", payload: Payload) -> Payload:
    hold = station.charging.reservations.held.pop(payload["reservationId"], None)
    station.afterwards(station.statuses.report)
    return {"status": "Accepted" if hold else "Rejected"}


def _verdict(station: "Station", hold: Reservation) -> str:
    charging, statuses = station.charging, station.statuses.current()
    if hold.connector not in statuses or hold.expires_at <= station.clock.now():
        return "Rejected"
    if hold.connector == 0:
        for_anywhere = [h for h in charging.reservations.held.values() if h.connector == 0]
        free = [n for n, status in statuses.items() if n and status == "Available"]
        return "Accepted" if len(free) > len(for_anywhere) else "Occupied"
    present = charging.reservations.at(hold.connector)
    if present is not None and present.reservation_id == hold.reservation_id:
        return "Accepted"
    return REFUSALS.get(statuses[hold.connector], "Occupied")


async def _expire(station: "Station", hold: Reservation) -> None:
    await station.clock.sleep_until(hold.expires_at)
    station.statuses.report()
