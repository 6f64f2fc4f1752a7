"""§4.1: may this token charge? Its issuer is asked where it should be."""

from typing import Any

from ocpp_gateway import issuers
from ocpp_gateway.context import Context
from ocpp_gateway.v16.id_tag_info import id_tag_info
from ocpp_gateway.v16.messages import Authorize


async def handle(context: Context, request: Authorize) -> dict[str, Any]:
    authorization = await issuers.authorize(request.id_tag, context.station.station_id, context.now)
    return {"idTagInfo": id_tag_info(authorization)}
