"""§4.10: a station ended a transaction; its transactionData are meter values like others."""

from typing import Any

from booking import services
from booking.domain.facts import TransactionStop
from ocpp_gateway.context import Context
from ocpp_gateway.threads import in_thread
from ocpp_gateway.v16.id_tag_info import id_tag_info
from ocpp_gateway.v16.messages import StopTransaction
from ocpp_gateway.v16.readings import readings_of
from ocpp_gateway.v16.times import within_calendar


async def handle(context: Context, request: StopTransaction) -> dict[str, Any]:
    reference = str(request.transaction_id)
    if request.transaction_data:
        await _store_data(context, request, reference)
    fact = TransactionStop(
        station_id=context.station.station_id,
        reference=reference,
        stopped_at=within_calendar(request.timestamp),
        meter_stop_wh=request.meter_stop,
        id_token=request.id_tag,
        reason=request.reason,
        epoch=context.station.epoch,
    )
    authorization = await context.transactions.stop(fact)
    return {} if authorization is None else {"idTagInfo": id_tag_info(authorization)}


async def _store_data(context: Context, request: StopTransaction, reference: str) -> None:
    number = await in_thread(
        services.evse_number_of, station_id=context.station.station_id, reference=reference
    )
    if number is not None:
        readings = readings_of(
            request.transaction_data,
            content=context.content,
            station_id=context.station.station_id,
            epoch=context.station.epoch,
            evse_number=number,
            reference=reference,
            now=context.now,
        )
        await context.writer.store(readings)
