from typing import Any

from booking.domain.facts import Authorization
from ocpp_gateway.v16.times import wire_time


def id_tag_info(authorization: Authorization) -> dict[str, Any]:
    """§7.26 IdTagInfo."""
    info: dict[str, Any] = {"status": str(authorization.status)}
    if authorization.expires_at is not None:
        info["expiryDate"] = wire_time(authorization.expires_at)
    if authorization.parent_id_token:
        info["parentIdTag"] = authorization.parent_id_token[:20]
    return info
