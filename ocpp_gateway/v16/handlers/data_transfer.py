"""§4.3: vendors' own messages. We know none, and say so."""

from typing import Any

from ocpp_gateway.context import Context


async def handle(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    return {"status": "UnknownVendorId"}
