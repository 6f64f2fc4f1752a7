"""§4.8: a station began to charge a car."""

from typing import Any

from booking.domain.facts import TransactionStart
from ocpp_gateway import issuers
from ocpp_gateway.context import Context, require_evse
from ocpp_gateway.v16.id_tag_info import id_tag_info
from ocpp_gateway.v16.messages import StartTransaction
from ocpp_gateway.v16.times import within_calendar


async def handle(context: Context, request: StartTransaction) -> dict[str, Any]:
    require_evse(context, request.connector_id)
    fact = TransactionStart(
        station_id=context.station.station_id,
        evse_number=request.connector_id,
        id_token=request.id_tag,
        started_at=within_calendar(request.timestamp),
        meter_start_wh=request.meter_start,
        reservation_id=request.reservation_id,
        epoch=context.station.epoch,
    )
    started = await context.transactions.start(fact)
    authorization = started.authorization
    if started.is_open:  # it is stored: whatever the issuer says, it happened
        authorization = await issuers.authorize_session(
            started.session_id, context.station.station_id, context.now
        )
    return {"transactionId": started.reference, "idTagInfo": id_tag_info(authorization)}
