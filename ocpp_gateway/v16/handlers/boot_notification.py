"""§4.2: a station started and says what it is."""

from typing import Any

from django.conf import settings

from ocpp_gateway.context import Context
from ocpp_gateway.v16.messages import BootNotification
from ocpp_gateway.v16.times import wire_time
from stations.domain.facts import BootReport


async def handle(context: Context, request: BootNotification) -> dict[str, Any]:
    report = BootReport(
        station_id=context.station.station_id,
        epoch=context.station.epoch,
        booted_at=context.now,
        vendor=request.charge_point_vendor,
        model=request.charge_point_model,
        serial_number=request.charge_point_serial_number or request.charge_box_serial_number,
        firmware_version=request.firmware_version,
        iccid=request.iccid,
        imsi=request.imsi,
        meter_type=request.meter_type,
        meter_serial_number=request.meter_serial_number,
    )
    await context.writer.store([report])
    return {
        "status": context.station.registration,
        "currentTime": wire_time(context.now),
        "interval": int(settings.OCPP.heartbeat_interval.total_seconds()),
    }
