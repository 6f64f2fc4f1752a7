"""A BookingRequest as eMSPs write it (OCPI 2.3.0 Bookings)."""

import json
from typing import Any
from uuid import UUID

from booking.domain.facts import BookedToken
from booking.enums import TokenType
from cpms.kernel.windows import TimeWindow
from ocpi.domain.bodies import without_nulls
from ocpi.domain.datetimes import parsed
from ocpi.errors import InvalidParameter, LocationNotFound
from ocpi.selectors import PartyKey
from ocpi.services.bookings import Asked
from ocpi.v230.edition import VERSION
from stations.schemas import faults_in

Json = dict[str, Any]

LARGEST = 20_000  # characters: it is kept, and told with every push of its booking
MOST_TOKENS = 20
NO_EVSE = "#NA"
ROLES = {"CPO": "SENDER", "EMSP": "RECEIVER", "MSP": "RECEIVER"}
"""The specification's table says Role and links to InterfaceRole: peers write either."""


def asked_in(data: Any, receiver: PartyKey | None) -> Asked:
    """What a body asks for. Raises InvalidParameter with each fault, LocationNotFound, or
    EmptyWindow."""
    body = _checked(_with_roles(without_nulls(data)))
    return Asked(
        party=(body["country_code"].upper(), body["party_id"].upper()),
        receiver=receiver,
        request_id=body["request_id"],
        booking_location_id=_key(body["booking_location_id"]),
        location_id=body["location_id"],
        window=_window(body["period"]),
        tokens=tuple(_token(token) for token in body.get("tokens", [])),
        authorization_reference=body["authorization_reference"],
        body=body,
        evse_uid=_evse_uid(body),
        least_power_w=body.get("power_required", 0) * 1000,
        canceled=body.get("canceled", {}).get("cancellation_reason", ""),
    )


def _with_roles(body: Any) -> Any:
    """The body with who cancelled spelled as in InterfaceRole."""
    canceled = body.get("canceled") if isinstance(body, dict) else None
    if not isinstance(canceled, dict):
        return body
    role = canceled.get("who_canceled")
    named = ROLES.get(role, role) if isinstance(role, str) else role
    return {**body, "canceled": {**canceled, "who_canceled": named}}


def _checked(body: Any) -> Json:
    if faults := faults_in("BookingRequest", body, VERSION):
        raise InvalidParameter("; ".join(faults))
    if len(json.dumps(body)) > LARGEST:
        raise InvalidParameter(f"payload: at most {LARGEST} characters")
    tokens = body.get("tokens", [])
    if len(tokens) > MOST_TOKENS:
        raise InvalidParameter(f"tokens: at most {MOST_TOKENS}")
    if not all(token["uid"] for token in tokens):
        raise InvalidParameter("tokens: a uid is empty")
    if not body["request_id"]:
        raise InvalidParameter("request_id: it is empty")
    if body.get("power_required", 0) < 0:
        raise InvalidParameter("power_required: kilowatts from 0")
    found: Json = body
    return found


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise LocationNotFound("There is no such BookingLocation at this Location.") from None


def _window(period: Json) -> TimeWindow:
    begin, end = (parsed(period[name]) for name in ("start_date_time", "end_date_time"))
    if begin is None or end is None:
        raise InvalidParameter("period: an OCPI DateTime looks like 2026-06-01T12:00:00Z.")
    return TimeWindow(begin, end)


def _token(token: Json) -> BookedToken:
    kind = token["type"] if token["type"] in TokenType.values else TokenType.OTHER
    return BookedToken(
        country_code=token["country_code"],
        party_id=token["party_id"],
        uid=token["uid"],
        type=kind,
        contract_id=token["contract_id"],
    )


def _evse_uid(body: Json) -> str:
    """The EVSE that is asked for, if it is a certain one."""
    named: str = body.get("booking_option", {}).get("evse_uid", "")
    return "" if named == NO_EVSE else named
