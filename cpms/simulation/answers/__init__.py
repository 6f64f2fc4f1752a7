"""What a station answers to each request of the CSMS, and what then happens.

Every answer is a function of the station and the payload. It returns the payload of the
CALLRESULT, raises Refused for a CALLERROR, and puts what shall follow the answer into
`station.afterwards`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cpms.simulation.answers import core, lists, maintenance, reservation, smart_charging
from cpms.simulation.link import Payload

if TYPE_CHECKING:
    from cpms.simulation.station import Station

ANSWERS: "dict[str, Callable[[Station, Payload], Payload]]" = {
    "CancelReservation": reservation.cancel_reservation,
    "ChangeAvailability": core.change_availability,
    "ChangeConfiguration": core.change_configuration,
    "ClearCache": core.clear_cache,
    "ClearChargingProfile": smart_charging.clear_charging_profile,
    "DataTransfer": core.data_transfer,
    "GetCompositeSchedule": smart_charging.get_composite_schedule,
    "GetConfiguration": core.get_configuration,
    "GetDiagnostics": maintenance.get_diagnostics,
    "GetLocalListVersion": lists.get_local_list_version,
    "RemoteStartTransaction": core.remote_start_transaction,
    "RemoteStopTransaction": core.remote_stop_transaction,
    "ReserveNow": reservation.reserve_now,
    "Reset": core.reset,
    "SendLocalList": lists.send_local_list,
    "SetChargingProfile": smart_charging.set_charging_profile,
    "TriggerMessage": maintenance.trigger_message,
    "UnlockConnector": core.unlock_connector,
    "UpdateFirmware": maintenance.update_firmware,
}
