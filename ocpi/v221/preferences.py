"""Charging preferences of sessions (§9.2.1.2), on behalf of their drivers."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from booking.models import ChargingSession
from energy.domain.preferences import Preferences
from energy.enums import ProfileType
from energy.selectors import takes_profiles
from energy.services import prefer
from ocpi import selectors
from ocpi.domain.bodies import without_nulls
from ocpi.domain.capabilities import PREFERENCES, capabilities
from ocpi.domain.datetimes import parsed
from ocpi.errors import InvalidParameter, UnknownObject
from ocpi.transport.envelope import answer
from ocpi.transport.views import OcpiView
from stations.schemas import faults_in

Json = dict[str, Any]

LARGEST_NEED_KWH = 100_000


class PreferencesView(OcpiView):
    """Of one session of the caller's own tokens; another's does not exist for it."""

    http_method_names = ["put"]
    limit = "commands_a_minute"

    def put(self, request: Request, session_id: str) -> Response:
        session = selectors.session_of(self.partner, session_id)
        if session is None:
            raise UnknownObject
        if not _is_capable(session):
            raise UnknownObject("This EVSE cannot charge by preferences.")
        body = without_nulls(request.data)
        if faults := faults_in("ChargingPreferences", body):
            raise InvalidParameter("; ".join(faults))
        return answer(prefer(session=session, wanted=_preferences(body), now=timezone.now()))


def _is_capable(session: ChargingSession) -> bool:
    evse = session.evse
    known = capabilities(evse.capabilities, takes_profiles=takes_profiles(evse.station))
    return PREFERENCES in known


def _preferences(body: Json) -> Preferences:
    """Raises InvalidParameter."""
    departs_at = parsed(body["departure_time"]) if "departure_time" in body else None
    if departs_at is None and "departure_time" in body:
        raise InvalidParameter("departure_time: there is no such time")
    need = body.get("energy_need")
    if need is not None and not 0 < need <= LARGEST_NEED_KWH:
        raise InvalidParameter(f"energy_need: kWh, more than 0, at most {LARGEST_NEED_KWH}")
    return Preferences(
        profile_type=ProfileType(body["profile_type"]),
        departs_at=departs_at,
        energy_need_wh=None if need is None else int(Decimal(str(need)) * 1000),
        may_discharge=body.get("discharge_allowed", False),
    )
