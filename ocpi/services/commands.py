"""What partners command (2.2.1 §13): given to a station, and the result owed to them.

A command that is accepted, the request to the station and the debt are one transaction. A
refusal of ours is the answer itself; nothing is kept of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from booking import services as booking
from booking.domain.facts import IssuedToken
from booking.enums import CanceledBy, ReservationStatus, SessionStatus
from booking.models import ChargingSession, Reservation
from cpms.kernel.errors import DomainError
from ocpi.enums import CommandKind, CommandResponse, CommandResult
from ocpi.errors import InvalidParameter, LocationNotFound
from ocpi.models import Partner, PartnerCommand
from ocpi.selectors import PartyKey, evses_of, parties_of, reservation_of, session_of
from stations.enums import CommandStatus
from stations.errors import StationOffline, UnknownStation
from stations.models import Evse, StationCommand
from stations.services import issue_command

MOST_TRIED = 20  # EVSEs, where a partner leaves the choice to us
TELLING = timedelta(seconds=30)  # for the result to reach the partner, after the station's time


@dataclass(frozen=True, slots=True)
class Order:
    """What every command brings. `receiver`: the party of ours that it is for, if it says."""

    partner: Partner
    response_url: str
    receiver: PartyKey | None = None
    correlation_id: str = ""

    @property
    def sender(self) -> PartyKey:
        """Who gives it through a hub; empty: the partner itself."""
        return self.partner.acting_for or ("", "")

    @property
    def origin(self) -> str:
        return f"ocpi {self.partner.name}"[:64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where: a Location, its EVSE and Connector as far as they are named."""

    location_id: str
    evse_uid: str | None = None
    connector_id: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What became of a command: the request to a station (none: it is done), and what it made."""

    command: StationCommand | None = None
    reservation: Reservation | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """Our answer. `timeout`: when its result, if any, is owed no longer."""

    result: CommandResponse
    timeout: timedelta
    message: str = ""


def timeout() -> timedelta:
    """How long a partner waits for a result (§13.3.2)."""
    return settings.OCPP.command_deadline + TELLING


def start_session(
    *,
    order: Order,
    place: Place,
    token: IssuedToken,
    authorization_reference: str,
    now: datetime,
) -> Response:
    """START_SESSION with a token that its issuer vouches for; where no EVSE is named, at the
    one that fits best. Raises InvalidParameter or LocationNotFound."""
    _require_own(order.partner, token)
    evse = _best_first(_evses_at(order, place))[0]

    def give() -> Given:
        command = booking.request_vouched_start(
            evse=evse,
            token=token,
            authorization_reference=authorization_reference,
            now=now,
            origin=order.origin,
        )
        return Given(command)

    return _carried_out(order, CommandKind.START_SESSION, _party(evse), give, now)


def stop_session(*, order: Order, session_id: str, now: datetime) -> Response:
    """STOP_SESSION of one of the partner's own; another's does not exist for it."""
    session = session_of(order.partner, session_id)
    if session is None:
        return Response(CommandResponse.UNKNOWN_SESSION, timeout(), "There is no such session.")

    def give() -> Given:
        command = booking.request_stop(session=session, now=now, origin=order.origin)
        if command.status == CommandStatus.FAILED:
            raise StationOffline(session_id=session_id)
        return Given(command)

    return _carried_out(order, CommandKind.STOP_SESSION, _party(session.evse), give, now)


def reserve_now(  # noqa: PLR0913 -- what the command says, by keyword
    *,
    order: Order,
    place: Place,
    token: IssuedToken,
    reservation_id: str,
    until: datetime,
    authorization_reference: str,
    now: datetime,
) -> Response:
    """RESERVE_NOW: the EVSE is kept from now on, whether or not its station can hold it. The
    partner's name for it is never the station's. Raises InvalidParameter or LocationNotFound."""
    _require_own(order.partner, token)
    evses = _best_first(_evses_at(order, place))[:MOST_TRIED]

    def give() -> Given:
        made = booking.reserve_vouched(
            evses=evses,
            token=token,
            reference=reservation_id,
            until=until,
            authorization_reference=authorization_reference,
            now=now,
        )
        asked = None
        if made.status == ReservationStatus.PENDING and made.hold_command_id is not None:
            asked = StationCommand.objects.get(pk=made.hold_command_id)
        PartnerCommand.objects.filter(reservation=made).update(reservation=None)
        return Given(asked, made)

    return _carried_out(order, CommandKind.RESERVE_NOW, _party(evses[0]), give, now)


def cancel_reservation(*, order: Order, reservation_id: str, now: datetime) -> Response:
    """CANCEL_RESERVATION of one of the partner's own."""
    found = reservation_of(order.partner, reservation_id)
    if found is None:
        return Response(CommandResponse.REJECTED, timeout(), "There is no such reservation.")

    def give() -> Given:
        booking.cancel_reservation(reservation=found, by=CanceledBy.EMSP, now=now)
        return Given()

    return _carried_out(order, CommandKind.CANCEL_RESERVATION, _party(found.evse), give, now)


def unlock_connector(*, order: Order, place: Place, now: datetime) -> Response:
    """UNLOCK_CONNECTOR, unless somebody else's car charges there: a station that unlocks ends
    its session (OCPP 1.6 §5.18). Raises LocationNotFound."""
    evse = _evses_at(order, place)[0]
    running = ChargingSession.objects.filter(evse=evse, status=SessionStatus.ACTIVE).first()
    if running is not None and session_of(order.partner, str(running.pk)) is None:
        return Response(CommandResponse.REJECTED, timeout(), "Another car is charging there.")

    def give() -> Given:
        if evse.station is None or evse.number is None:
            raise UnknownStation
        command = issue_command(
            station=evse.station,
            action="UnlockConnector",
            payload={"connectorId": evse.number},
            now=now,
            origin=order.origin,
        )
        return Given(command)

    return _carried_out(order, CommandKind.UNLOCK_CONNECTOR, _party(evse), give, now)


def _carried_out(
    order: Order,
    kind: CommandKind,
    sender: PartyKey,
    give: Callable[[], Given],
    now: datetime,
) -> Response:
    """Give the command to its station and owe the result, or say why not."""
    try:
        with transaction.atomic():
            given = give()
            if given.command and given.command.settled_at is not None:  # the station is away
                return Response(CommandResponse.REJECTED, timeout(), "The station is away.")
            PartnerCommand.objects.create(
                partner=order.partner,
                for_country_code=order.sender[0],
                for_party_id=order.sender[1],
                kind=kind,
                response_url=order.response_url,
                sender_country_code=sender[0],
                sender_party_id=sender[1],
                correlation_id=order.correlation_id,
                station_command=given.command,
                reservation=given.reservation,
                result="" if given.command else CommandResult.ACCEPTED,
                created_at=now,
                answer_by=now + timeout(),
                due_at=now,
            )
    except UnknownStation as refusal:
        return Response(CommandResponse.NOT_SUPPORTED, timeout(), refusal.text)
    except DomainError as refusal:
        return Response(CommandResponse.REJECTED, timeout(), refusal.text)
    return Response(CommandResponse.ACCEPTED, timeout())


def _require_own(partner: Partner, token: IssuedToken) -> None:
    """An eMSP speaks for its own tokens alone (§13.3.5)."""
    if (token.country_code.upper(), token.party_id.upper()) not in parties_of(partner):
        raise InvalidParameter("token: of a party that is not yours")


def _evses_at(order: Order, place: Place) -> list[Evse]:
    """The EVSEs that a place names, at least one. Raises LocationNotFound."""
    found: QuerySet[Evse] = evses_of(order.receiver).filter(
        location__ocpi_id__iexact=place.location_id
    )
    if place.evse_uid is not None:
        found = found.filter(uid__iexact=place.evse_uid)
    if place.connector_id is not None:
        found = found.filter(connectors__ocpi_id__iexact=place.connector_id)
    evses = list(found)
    if not evses:
        raise LocationNotFound
    return evses


def _best_first(evses: list[Evse]) -> list[Evse]:
    """Those where a car can start now first."""
    busy = set(
        ChargingSession.objects.filter(evse__in=evses, status=SessionStatus.ACTIVE).values_list(
            "evse_id", flat=True
        )
    )
    return sorted(evses, key=lambda evse: (evse.pk in busy, *_unfitness(evse), evse.pk))


def _unfitness(evse: Evse) -> tuple[bool, int]:
    is_away = evse.station is None or not evse.station.connection.is_connected
    liked = ("Preparing", "Available")  # a car that is plugged in waits for this
    return is_away, liked.index(evse.status) if evse.status in liked else len(liked)


def _party(evse: Evse) -> PartyKey:
    return evse.location.country_code, evse.location.party_id
