"""§4.6: the time, for the station's clock."""

from typing import Any

from ocpp_gateway.context import Context
from ocpp_gateway.v16.messages import Heartbeat
from ocpp_gateway.v16.times import wire_time


async def handle(context: Context, request: Heartbeat) -> dict[str, Any]:
    return {"currentTime": wire_time(context.now)}
