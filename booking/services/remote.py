"""Start and stop from afar: portal, REST, and later the eMSPs."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from booking.enums import SessionStatus
from booking.errors import (
    EvseOccupied,
    EvseOutOfService,
    EvseReserved,
    SessionNotActive,
    StartAlreadyRequested,
    TokenNotAuthorized,
)
from booking.models import ChargingSession, StartRequest, Transaction
from booking.services.arrivals import kept_at, receive
from booking.services.authorization import authorize
from stations.enums import Availability
from stations.errors import StationOffline, UnknownStation
from stations.models import ChargingStation, Evse, StationCommand
from stations.services import issue_command

START_WITHIN = timedelta(minutes=3)  # plug in and press start
REQUESTED_A_MOMENT_AGO = timedelta(seconds=30)


@transaction.atomic
def request_start(
    *,
    evse: Evse,
    id_token: str,
    now: datetime,
    issued_by: User | None = None,
    origin: str = "",
    authorization_reference: str = "",
) -> StationCommand:
    """Ask the station to start charging with this token.

    Raises EvseOccupied, EvseOutOfService, EvseReserved, StartAlreadyRequested,
    TokenNotAuthorized, StationOffline or UnknownStation. One decision at a time for each EVSE.
    """
    locked = Evse.objects.select_for_update(of=("self",), no_key=True).get(pk=evse.pk)
    if locked.station is None or locked.number is None:
        raise UnknownStation(evse_uid=evse.uid)
    if locked.availability == Availability.INOPERATIVE:
        raise EvseOutOfService(evse_uid=evse.uid)
    if ChargingSession.objects.filter(evse=locked, status=SessionStatus.ACTIVE).exists():
        raise EvseOccupied(evse_uid=evse.uid)
    requested = StartRequest.objects.awaited().filter(
        evse=locked, created_at__gt=now - REQUESTED_A_MOMENT_AGO
    )
    if requested.exists():
        raise StartAlreadyRequested(evse_uid=evse.uid)
    authorization = authorize(id_token=id_token, now=now)
    if not authorization.is_accepted:
        raise TokenNotAuthorized(id_token=id_token)
    if _is_kept_for_another(locked, id_token, authorization.parent_id_token, now):
        raise EvseReserved(evse_uid=evse.uid)
    _require_connected(locked.station, evse.uid)
    command = issue_command(
        station=locked.station,
        action="RemoteStartTransaction",
        payload={"connectorId": locked.number, "idTag": id_token},
        now=now,
        issued_by=issued_by,
        origin=origin,
    )
    StartRequest.objects.create(
        evse=locked,
        id_token=id_token,
        authorization_reference=authorization_reference,
        command_id=command.pk,
        created_at=now,
        expires_at=now + START_WITHIN,
    )
    return command


@transaction.atomic
def request_stop(
    *, session: ChargingSession, now: datetime, issued_by: User | None = None, origin: str = ""
) -> StationCommand:
    """Ask the station to stop this session. Raises SessionNotActive or StationOffline."""
    running = (
        Transaction.objects.filter(session=session, session__status=SessionStatus.ACTIVE)
        .select_related("station__connection")
        .order_by("-created_at")
        .first()
    )
    if running is None:
        raise SessionNotActive(session_id=str(session.pk))
    _require_connected(running.station, session.evse.uid)
    return issue_command(
        station=running.station,
        action="RemoteStopTransaction",
        payload={"transactionId": int(running.reference)},
        now=now,
        issued_by=issued_by,
        origin=origin,
    )


def _is_kept_for_another(evse: Evse, id_token: str, group_id: str | None, now: datetime) -> bool:
    kept = kept_at(evse, now)
    return receive(kept, id_token=id_token, group_id=group_id, reservation_id=None).is_barred


def _require_connected(station: ChargingStation, evse_uid: str) -> None:
    if not station.connection.is_connected:
        raise StationOffline(evse_uid=evse_uid)
