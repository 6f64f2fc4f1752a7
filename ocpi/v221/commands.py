"""Commands of partners (§13.2.1)."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ocpi.domain.bodies import without_nulls
from ocpi.domain.datetimes import parsed
from ocpi.enums import CommandKind
from ocpi.errors import InvalidParameter, UnknownObject
from ocpi.services import commands
from ocpi.services.commands import Order, Place
from ocpi.transport.envelope import answer
from ocpi.transport.views import OcpiView
from ocpi.v221.told import told_token
from stations.schemas import faults_in

Json = dict[str, Any]

BODIES = {
    CommandKind.CANCEL_RESERVATION: "CancelReservation",
    CommandKind.RESERVE_NOW: "ReserveNow",
    CommandKind.START_SESSION: "StartSession",
    CommandKind.STOP_SESSION: "StopSession",
    CommandKind.UNLOCK_CONNECTOR: "UnlockConnector",
}


class CommandView(OcpiView):
    """One command: answered at once with whether it goes to a station; its result follows."""

    http_method_names = ["post"]
    limit = "commands_a_minute"

    def post(self, request: Request, command: str) -> Response:
        if command not in CommandKind.values:
            raise UnknownObject("There is no such command.")
        kind = CommandKind(command)
        body = _checked(BODIES[kind], request.data, self.version)
        order = Order(
            partner=self.partner,
            response_url=body["response_url"],
            receiver=self.route.receiver if self.route else None,
            correlation_id=self.correlation_id,
        )
        return answer(_shown(self._carried_out(kind, order, body)))

    def _carried_out(self, kind: CommandKind, order: Order, body: Json) -> commands.Response:
        now = timezone.now()
        match kind:
            case CommandKind.START_SESSION:
                return commands.start_session(
                    order=order,
                    place=_place(body),
                    token=told_token(body["token"], self.version),
                    authorization_reference=body.get("authorization_reference", ""),
                    now=now,
                )
            case CommandKind.STOP_SESSION:
                return commands.stop_session(order=order, session_id=body["session_id"], now=now)
            case CommandKind.UNLOCK_CONNECTOR:
                return commands.unlock_connector(order=order, place=_place(body), now=now)
            case CommandKind.RESERVE_NOW:
                return commands.reserve_now(
                    order=order,
                    place=_place(body),
                    token=told_token(body["token"], self.version),
                    reservation_id=body["reservation_id"],
                    until=_instant(body["expiry_date"]),
                    authorization_reference=body.get("authorization_reference", ""),
                    now=now,
                )
            case CommandKind.CANCEL_RESERVATION:
                return commands.cancel_reservation(
                    order=order, reservation_id=body["reservation_id"], now=now
                )


def _checked(name: str, data: Any, version: str) -> Json:
    """A body that fits its object. Raises InvalidParameter with each fault."""
    body: Json = without_nulls(data)
    if faults := faults_in(name, body, version):
        raise InvalidParameter("; ".join(faults))
    if not body["response_url"].startswith(("https://", "http://")):
        raise InvalidParameter("response_url: an http(s) URL")
    if "connector_id" in body and "evse_uid" not in body:
        raise InvalidParameter("evse_uid: needed with connector_id")
    return body


def _instant(text: str) -> datetime:
    """Raises InvalidParameter."""
    found = parsed(text)
    if found is None:
        raise InvalidParameter("An OCPI DateTime looks like 2026-06-01T12:00:00Z.")
    return found


def _place(body: Json) -> Place:
    return Place(body["location_id"], body.get("evse_uid"), body.get("connector_id"))


def _shown(response: commands.Response) -> Json:
    """CommandResponse (§13.3.2)."""
    body: Json = {"result": response.result, "timeout": int(response.timeout.total_seconds())}
    if response.message:
        body["message"] = [{"language": "en", "text": response.message}]
    return body
