"""§4.7: sampled values, of a transaction or of the clock."""

from typing import Any

from ocpp_gateway.context import Context, require_evse
from ocpp_gateway.v16.messages import MeterValues
from ocpp_gateway.v16.readings import readings_of


async def handle(context: Context, request: MeterValues) -> dict[str, Any]:
    if request.connector_id != 0:
        require_evse(context, request.connector_id)
    reference = None if request.transaction_id is None else str(request.transaction_id)
    readings = readings_of(
        request.meter_value,
        content=context.content,
        station_id=context.station.station_id,
        epoch=context.station.epoch,
        evse_number=request.connector_id,
        reference=reference,
        now=context.now,
    )
    await context.writer.store(readings)
    return {}
