"""Start and stop from afar: portal, REST, eMSPs."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from booking.domain.facts import IssuedToken
from booking.domain.reserving import LONGEST_ID_TAG
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
from booking.services.issued import stored_token
from booking.services.issuers import vouch
from stations.enums import Availability, CommandStatus
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
    """Ask the station to start charging with this token; a command to a station that is away
    has failed already.

    Raises EvseOccupied, EvseOutOfService, EvseReserved, StartAlreadyRequested,
    TokenNotAuthorized or UnknownStation. One decision at a time for each EVSE.
    """
    station, number = _ready(evse, now)
    authorization = authorize(id_token=id_token, now=now)
    if not authorization.is_accepted:
        raise TokenNotAuthorized(id_token=id_token)
    _require_kept_for(evse, id_token, authorization.parent_id_token, now)
    request = StartRequest(
        evse=evse, id_token=id_token, authorization_reference=authorization_reference
    )
    return _asked(request, station, number, now, issued_by=issued_by, origin=origin)


@transaction.atomic
def request_vouched_start(
    *,
    evse: Evse,
    token: IssuedToken,
    now: datetime,
    origin: str = "",
    authorization_reference: str = "",
) -> StationCommand:
    """Ask the station to start charging with a token that its issuer vouches for (OCPI 2.2.1
    §13.3.5): it is not checked, and its issuer is not asked about it here for a while.

    Raises EvseOccupied, EvseOutOfService, EvseReserved, StartAlreadyRequested, StationOffline or
    UnknownStation.
    """
    station, number = _ready(evse, now)
    _require_kept_for(evse, token.uid, token.group_id or None, now)
    _require_connected(station, evse.uid)
    stored = stored_token(token)
    vouch(
        station_id=station.pk,
        token=stored,
        authorization_reference=authorization_reference,
        now=now,
    )
    request = StartRequest(
        evse=evse,
        id_token=token.uid if len(token.uid) <= LONGEST_ID_TAG else _stand_in(),
        token=stored,
        authorization_reference=authorization_reference,
    )
    return _asked(request, station, number, now, origin=origin)


def _ready(evse: Evse, now: datetime) -> tuple[ChargingStation, int]:
    """The station and its number of an EVSE where a car may start; locked until the transaction
    ends."""
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
    return locked.station, locked.number


def _asked(
    request: StartRequest,
    station: ChargingStation,
    number: int,
    now: datetime,
    *,
    issued_by: User | None = None,
    origin: str = "",
) -> StationCommand:
    command = issue_command(
        station=station,
        action="RemoteStartTransaction",
        payload={"connectorId": number, "idTag": request.id_token},
        now=now,
        issued_by=issued_by,
        origin=origin,
    )
    if command.status == CommandStatus.FAILED:  # nobody was asked, so no start is awaited
        return command
    request.command_id, request.created_at = command.pk, now
    request.expires_at = now + START_WITHIN
    request.save(force_insert=True)
    return command


def _stand_in() -> str:
    """An id tag that stands for a uid which OCPP 1.6 has no room for."""
    return secrets.token_hex(LONGEST_ID_TAG // 2).upper()


@transaction.atomic
def request_stop(
    *, session: ChargingSession, now: datetime, issued_by: User | None = None, origin: str = ""
) -> StationCommand:
    """Ask the station to stop this session; a command to a station that is away has failed
    already. Raises SessionNotActive."""
    running = (
        Transaction.objects.filter(session=session, session__status=SessionStatus.ACTIVE)
        .select_related("station__connection")
        .order_by("-created_at")
        .first()
    )
    if running is None:
        raise SessionNotActive(session_id=str(session.pk))
    return issue_command(
        station=running.station,
        action="RemoteStopTransaction",
        payload={"transactionId": int(running.reference)},
        now=now,
        issued_by=issued_by,
        origin=origin,
    )


def _require_kept_for(evse: Evse, id_token: str, group_id: str | None, now: datetime) -> None:
    kept = kept_at(evse, now)
    if receive(kept, id_token=id_token, group_id=group_id, reservation_id=None).is_barred:
        raise EvseReserved(evse_uid=evse.uid)


def _require_connected(station: ChargingStation, evse_uid: str) -> None:
    if not station.connection.is_connected:
        raise StationOffline(evse_uid=evse_uid)
