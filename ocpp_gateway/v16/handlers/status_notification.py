"""§4.9: the status of a connector; connectorId 0 is the station itself."""

from typing import Any

from booking.domain.plausibility import trusted_time
from ocpp_gateway.context import Context, require_evse
from ocpp_gateway.v16.messages import StatusNotification
from stations.domain.facts import StatusReport


async def handle(context: Context, request: StatusNotification) -> dict[str, Any]:
    if request.connector_id != 0:
        require_evse(context, request.connector_id)
    error_code = "" if request.error_code == "NoError" else request.error_code
    report = StatusReport(
        station_id=context.station.station_id,
        epoch=context.station.epoch,
        evse_number=request.connector_id,
        status=request.status,
        reported_at=trusted_time(request.timestamp or context.now, context.now)[0],
        error_code=error_code,
        info=request.info,
        vendor_error_code=request.vendor_error_code,
    )
    await context.writer.store([report])
    return {}
