"""Tokens whose issuers are asked in real time (OCPI 2.2.1 §12.2.1.2).

In three steps, because the network is asked between transactions: `weigh_token` says what is
known and whom to ask, the caller asks, `settle_question` stores the answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from booking import ports
from booking.domain.facts import Authorization, IssuerAnswer, Whereabouts
from booking.enums import AuthMethod, AuthorizationStatus, Flag, SessionStatus, TokenType
from booking.models import ChargingSession, Ruling, StartRequest, Token
from booking.ports import Inquiry
from booking.services.authorization import (
    Standing,
    decide,
    find_token,
    rulings_of,
    standing_of,
    vouched,
)
from booking.services.corrections import bill_issuer
from booking.services.issued import stored_token
from booking.services.occasions import occasion_at
from stations.models import Evse
from tariffs.selectors import versions_for

RULING_LASTS = timedelta(minutes=15)
SETTLED = (
    "token", "auth_method", "authorization_reference", "flags", "tariff_version", "currency",
    "last_updated",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be decided about a token at a station. `inquiries`: whom to ask, all at once
    and outside of transactions; `fallback` holds when nobody is, or nobody answers."""

    station_id: int
    token_id: int | None
    evse_uids: tuple[str, ...]
    fallback: Authorization
    inquiries: Sequence[Inquiry] = ()
    session_id: UUID | None = None


def weigh_token(*, id_token: str, station_id: int, now: datetime) -> Question:
    """What the token that a station read is worth, and whom to ask about it first."""
    token = find_token(id_token)
    if token is not None and token.is_own:
        return Question(station_id, token.pk, (), decide(token, now))
    request = _commanded(id_token, station_id, now)
    if request is not None and request.token is not None:
        standing = vouched(request.token, request.authorization_reference)
        return Question(station_id, request.token_id, (), standing.authorization)
    evses = _evses(station_id)
    ruling = _ruling(token, station_id)
    standing = standing_of(token, ruling, _uids(evses), now, is_presented=True)
    return _question(id_token, token, station_id, evses, standing, now)


def weigh_session(*, session_id: UUID, station_id: int, now: datetime) -> Question:
    """The same for the token that began a session, whose start is stored already."""
    session = ChargingSession.objects.select_related("token").get(pk=session_id)
    evses = _evses(station_id).filter(pk=session.evse_id)
    token = session.token or find_token(session.id_token)
    standing = standing_of(token, _ruling(token, station_id), _uids(evses), now)
    question = _question(session.id_token, token, station_id, evses, standing, now)
    return replace(question, session_id=session_id)


def _commanded(id_token: str, station_id: int, now: datetime) -> StartRequest | None:
    """An eMSP's start with this id tag that the station has yet to begin."""
    return (
        StartRequest.objects.awaited()
        .filter(
            evse__station=station_id,
            id_token__iexact=id_token,
            token__isnull=False,
            expires_at__gt=now,
        )
        .select_related("token")
        .order_by("-created_at")
        .first()
    )


def _evses(station_id: int) -> QuerySet[Evse]:
    evses = Evse.objects.filter(station=station_id, removed_at=None)
    return evses.select_related("location").order_by("number")


def _uids(evses: Iterable[Evse]) -> tuple[str, ...]:
    return tuple(evse.uid for evse in evses)


def _ruling(token: Token | None, station_id: int) -> Ruling | None:
    return rulings_of([token], [station_id]).get((station_id, token.pk if token else 0))


def _question(
    id_token: str,
    token: Token | None,
    station_id: int,
    evses: QuerySet[Evse],
    standing: Standing,
    now: datetime,
) -> Question:
    inquiries: Sequence[Inquiry] = ()
    if standing.is_open and evses:
        place = evses[0].location
        where = Whereabouts((place.country_code, place.party_id), place.ocpi_id, _uids(evses))
        party = (token.country_code, token.party_id) if token else None
        uid, kind = (token.uid, token.type) if token else (id_token, TokenType.RFID.value)
        inquiries = ports.inquiries(uid, kind, party, where, now)
    token_id = token.pk if token else None
    return Question(station_id, token_id, _uids(evses), standing.authorization, inquiries)


@transaction.atomic
def settle_question(*, question: Question, answer: IssuerAnswer, now: datetime) -> Authorization:
    """Keep what an issuer answered: its token, its ruling, and whose the session is that waits
    for it. Returns what to tell the station."""
    token = (
        stored_token(answer.token)
        if answer.token
        else Token.objects.filter(pk=question.token_id or 0).first()
    )
    if token is None:
        return Authorization(answer.status)
    ruling = keep_ruling(
        station_id=question.station_id,
        token=token,
        status=answer.status,
        auth_method=AuthMethod.AUTH_REQUEST,
        authorization_reference=answer.authorization_reference,
        evse_uids=answer.evse_uids,
        now=now,
    )
    status = ruling.status_at(question.evse_uids)
    authorization = Authorization(status, None, token.group_id or None)
    if question.session_id is not None:
        standing = Standing(
            authorization, AuthMethod(ruling.auth_method), ruling.authorization_reference
        )
        _settle_session(question.session_id, token, standing, now)
    return authorization


@transaction.atomic
def own_session(*, session_id: UUID, station_id: int, now: datetime) -> bool:
    """A session of nobody's whose token an eMSP has told us of since is that eMSP's. Returns
    whether it is one."""
    session = ChargingSession.objects.select_related("evse").get(pk=session_id)
    token = find_token(session.id_token)
    if token is None or token.is_own:
        return False
    standing = standing_of(token, _ruling(token, station_id), [session.evse.uid], now)
    _settle_session(session_id, token, standing, now)
    return True


def keep_ruling(  # noqa: PLR0913 -- a row, by keyword
    *,
    station_id: int,
    token: Token,
    status: AuthorizationStatus,
    auth_method: AuthMethod,
    authorization_reference: str,
    now: datetime,
    evse_uids: Sequence[str] = (),
) -> Ruling:
    """An issuer's newest word takes the place of the one before."""
    ruling, _ = Ruling.objects.update_or_create(
        station_id=station_id,
        token=token,
        defaults={
            "status": status,
            "auth_method": auth_method,
            "authorization_reference": authorization_reference,
            "evse_uids": list(evse_uids),
            "created_at": now,
            "expires_at": now + RULING_LASTS,
        },
    )
    return ruling


def vouch(*, station_id: int, token: Token, authorization_reference: str, now: datetime) -> None:
    """An issuer commands something with its token at a station (OCPI 2.2.1 §13.3.4, §13.3.5): it
    is not asked about it there for a while."""
    keep_ruling(
        station_id=station_id,
        token=token,
        status=AuthorizationStatus.ACCEPTED,
        auth_method=AuthMethod.COMMAND,
        authorization_reference=authorization_reference,
        now=now,
    )


def _settle_session(session_id: UUID, token: Token, standing: Standing, now: datetime) -> None:
    """A session that runs gets its issuer's token and word, and so does one that ended as
    nobody's, with its bill; any other that is over keeps what its CDR was made with."""
    is_over = Q(status=SessionStatus.COMPLETED, token=None)
    session = (
        ChargingSession.objects.select_for_update(of=("self",))
        .select_related("evse")
        .filter(is_over | Q(status=SessionStatus.ACTIVE), pk=session_id)
        .first()
    )
    if session is None:
        return
    flags = [flag for flag in session.flags if flag != Flag.NOT_AUTHORIZED]
    if session.token_id != token.pk:  # its issuer may have a tariff of its own
        occasion = occasion_at(session.evse, token, session.started_at)
        (offer,) = versions_for([occasion])
        session.tariff_version_id = offer.version_id if offer else None
        session.currency = offer.currency if offer else ""
    session.token = token
    session.auth_method = standing.auth_method
    session.authorization_reference = standing.authorization_reference
    is_accepted = standing.authorization.is_accepted
    session.flags = flags if is_accepted else [*flags, str(Flag.NOT_AUTHORIZED)]
    session.last_updated = now
    session.save(update_fields=SETTLED)
    if session.status == SessionStatus.COMPLETED:
        bill_issuer(session=session, now=now)


def forget_rulings(*, now: datetime) -> int:
    """Rulings that have run out say nothing any more."""
    deleted, _ = Ruling.objects.filter(expires_at__lt=now).delete()
    return deleted
