"""Charging profiles of sessions (§14.2.1): we are their receiver."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from energy.domain.profiles import LARGEST_S
from ocpi.domain.bodies import without_nulls
from ocpi.domain.profiles import profile_of
from ocpi.errors import InvalidParameter
from ocpi.services import profiles
from ocpi.services.commands import Order
from ocpi.transport.envelope import answer
from ocpi.transport.views import OcpiView
from stations.schemas import faults_in

LONGEST_URL = 255


class ProfileView(OcpiView):
    """Of one session: answered at once with whether it goes to the station; its result follows."""

    http_method_names = ["get", "put", "delete"]
    limit = "commands_a_minute"

    def get(self, request: Request, session_id: str) -> Response:
        duration = _seconds(request.query_params.get("duration", ""))
        return _shown(
            profiles.ask_active_profile(
                order=self.order(request.query_params.get("response_url")),
                session_id=session_id,
                duration=duration,
                now=timezone.now(),
            )
        )

    def put(self, request: Request, session_id: str) -> Response:
        body = without_nulls(request.data)
        if faults := faults_in("SetChargingProfile", body):
            raise InvalidParameter("; ".join(faults))
        return _shown(
            profiles.set_profile(
                order=self.order(body["response_url"]),
                session_id=session_id,
                profile=profile_of(body["charging_profile"]),
                now=timezone.now(),
            )
        )

    def delete(self, request: Request, session_id: str) -> Response:
        return _shown(
            profiles.clear_profile(
                order=self.order(request.query_params.get("response_url")),
                session_id=session_id,
                now=timezone.now(),
            )
        )

    def order(self, response_url: Any) -> Order:
        """Raises InvalidParameter."""
        is_url = str(response_url).startswith(("https://", "http://"))
        if not is_url or len(response_url) > LONGEST_URL:
            raise InvalidParameter(f"response_url: an http(s) URL of at most {LONGEST_URL}")
        return Order(
            partner=self.partner,
            response_url=response_url,
            receiver=self.route.receiver if self.route else None,
            correlation_id=self.correlation_id,
        )


def _seconds(text: str) -> timedelta:
    """Raises InvalidParameter."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_S))
    if not is_number or not 0 < int(text) <= LARGEST_S:
        raise InvalidParameter("duration: whole seconds, from 1")
    return timedelta(seconds=int(text))


def _shown(said: profiles.Answer) -> Response:
    """ChargingProfileResponse (§14.3.1)."""
    return answer({"result": said.result, "timeout": int(said.timeout.total_seconds())})
