"""§4.4, §4.5 and the security whitepaper: reports that change one word about a station."""

from typing import Any

from ocpp_gateway.context import Context
from stations.domain.facts import DeviceStatusReport
from stations.services.reports import note_security_event


async def firmware_status(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    await context.writer.store([_report(context, firmware_status=request["status"])])
    return {}


async def diagnostics_status(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    await context.writer.store([_report(context, diagnostics_status=request["status"])])
    return {}


def _report(context: Context, **status: str) -> DeviceStatusReport:
    return DeviceStatusReport(context.station.station_id, context.station.epoch, **status)


async def security_event(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    note_security_event(
        station_id=context.station.station_id,
        kind=request["type"],
        info=request.get("techInfo", ""),
    )
    return {}


async def sign_certificate(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    return {"status": "Rejected"}  # no certificate authority is configured
