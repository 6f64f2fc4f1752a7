"""Many stations begin transactions at once: one set of statements for all of them.

The usual start (a known EVSE, nothing running there, kept for nobody, no stop that came before it) is
stored with the others; every unusual one takes the path for one, `transactions.start_one`, inside the
same transaction.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Upper

from booking.domain.facts import TransactionStart
from booking.enums import OPEN_RESERVATION, AuthMethod, SessionStatus
from booking.errors import ReplacedSocket
from booking.events import SessionStarted
from booking.models import (
    ChargingSession,
    Reservation,
    Ruling,
    StartRequest,
    Token,
    Transaction,
    UnmatchedStop,
)
from booking.services.authorization import Standing, as_received, rulings_of, standing_of
from booking.services.transactions import (
    LARGEST_REFERENCE,
    Started,
    new_session,
    occasion_of,
    start_one,
    started_with,
)
from cpms.kernel import events
from cpms.kernel.errors import DomainError
from stations.errors import UnknownEvse
from stations.models import Evse
from stations.selectors import present_epochs
from stations.services.bulk import create
from tariffs.domain.choice import Offer
from tariffs.selectors import versions_for

Place = tuple[int, int]  # station, number of the EVSE


@dataclass(slots=True)
class Surroundings:
    """What is known around a batch of starts."""

    evses: dict[Place, Evse]
    tokens: dict[str, Token]
    rulings: dict[tuple[int, int], Ruling]
    known: dict[tuple[Place, str, datetime, int], Transaction]
    busy: set[int]
    stops_from: set[int]
    requested: set[int]
    kept: set[int]

    def token_of(self, fact: TransactionStart) -> Token | None:
        return self.tokens.get(fact.id_token.upper())


@transaction.atomic
def start_transactions(
    *, facts: Sequence[TransactionStart], now: datetime
) -> list[Started | DomainError]:
    """Store that stations began transactions; per fact its answer, or why there is none:
    UnknownEvse, ReplacedSocket."""
    epochs = present_epochs(fact.station_id for fact in facts)
    around = _surroundings(facts, now)
    offers = _offers(facts, around, now)
    sessions: list[ChargingSession] = []
    begun: list[Transaction] = []
    answers: list[Started | DomainError | None] = []
    for index, fact in enumerate(facts):
        evse = around.evses.get(_place(fact))
        if fact.epoch and epochs.get(fact.station_id) != fact.epoch:
            answers.append(ReplacedSocket())
        elif evse is None:
            answers.append(UnknownEvse(number=fact.evse_number))
        elif (known := around.known.get(_content(fact))) and not _is_commanded(known):
            standing = as_received(_standing(fact, evse, around, now), known.session.flags)
            answers.append(started_with(known, standing))
        elif known or _is_unusual(fact, evse, around):
            answers.append(None)
        else:
            around.busy.add(evse.pk)
            token = around.token_of(fact)
            standing = _standing(fact, evse, around, now)
            session = new_session(evse, token, fact, standing, offers[index], now=now)
            sessions.append(session)
            begun.append(_transaction(fact, session, now))
            answers.append(started_with(begun[-1], standing))
    create(ChargingSession, sessions)
    create(Transaction, begun)
    for session in sessions:
        events.publish(SessionStarted(session.pk, session.evse_id, session.evse.location_id))
    return [
        start_one(fact, now) if answer is None else answer
        for fact, answer in zip(facts, answers, strict=True)
    ]


def _surroundings(facts: Sequence[TransactionStart], now: datetime) -> Surroundings:
    """Lock the EVSEs, in order: one decision at a time for each; then look."""
    stations = {fact.station_id for fact in facts}
    wanted = {_place(fact) for fact in facts}
    locked = (
        Evse.objects.select_for_update(of=("self",), no_key=True)
        .defer(*Evse.DESCRIPTION)
        .filter(station__in=stations, number__in={number for _, number in wanted})
        .order_by("pk")
    )
    evses = {(evse.station_id or 0, evse.number or 0): evse for evse in locked}
    pks = [evse.pk for place, evse in evses.items() if place in wanted]
    active = ChargingSession.objects.filter(evse__in=pks, status=SessionStatus.ACTIVE)
    tokens = tokens_by_uid(fact.id_token for fact in facts)
    return Surroundings(
        evses=evses,
        tokens=tokens,
        rulings=rulings_of(tokens.values(), stations),
        known=_known(facts),
        busy=set(active.values_list("evse_id", flat=True)),
        stops_from=set(
            UnmatchedStop.objects.filter(station__in=stations, session=None).values_list(
                "station_id", flat=True
            )
        ),
        requested=set(
            StartRequest.objects.awaited()
            .filter(evse__in=pks, expires_at__gt=now)
            .values_list("evse_id", flat=True)
        ),
        kept=set(
            Reservation.objects.filter(
                evse__in=pks, status__in=OPEN_RESERVATION, hold_at__lte=now
            ).values_list("evse_id", flat=True)
        ),
    )


def _known(
    facts: Sequence[TransactionStart],
) -> dict[tuple[Place, str, datetime, int], Transaction]:
    """Starts that were stored before, by their content."""
    rows = Transaction.objects.filter(
        station__in={fact.station_id for fact in facts},
        started_at__in={fact.started_at for fact in facts},
    ).select_related("session")
    return {
        ((row.station_id, row.evse_number), row.id_token, row.started_at, row.meter_start_wh): row
        for row in rows
    }


def tokens_by_uid(uids: Iterable[str]) -> dict[str, Token]:
    """Stored tokens by upper-case uid; the CPO's own win."""
    upper = {uid.upper() for uid in uids}
    found = (
        Token.objects.annotate(upper_uid=Upper("uid"))
        .filter(upper_uid__in=upper)
        .order_by("-party_id", "valid", "last_updated")
    )
    return {token.uid.upper(): token for token in found}


def _is_commanded(known: Transaction) -> bool:
    """Somebody asked for it, and may have vouched for the token."""
    return known.session.auth_method == AuthMethod.COMMAND


def _is_unusual(fact: TransactionStart, evse: Evse, around: Surroundings) -> bool:
    return (
        evse.pk in around.busy
        or evse.pk in around.requested
        or evse.pk in around.kept
        or fact.station_id in around.stops_from
    )


def _standing(fact: TransactionStart, evse: Evse, around: Surroundings, now: datetime) -> Standing:
    token = around.token_of(fact)
    ruling = around.rulings.get((fact.station_id, token.pk if token else 0))
    return standing_of(token, ruling, [evse.uid], now)


def _offers(
    facts: Sequence[TransactionStart], around: Surroundings, now: datetime
) -> dict[int, Offer | None]:
    """What prices each of the sessions, by the place of its fact: of those at a known EVSE."""
    occasions = {
        index: occasion_of(fact, evse, around.token_of(fact), now)
        for index, fact in enumerate(facts)
        if (evse := around.evses.get(_place(fact))) is not None
    }
    return dict(zip(occasions, versions_for(list(occasions.values())), strict=True))


def _transaction(fact: TransactionStart, session: ChargingSession, now: datetime) -> Transaction:
    return Transaction(
        station_id=fact.station_id,
        reference=str(secrets.randbelow(LARGEST_REFERENCE) + 1),
        session=session,
        evse_number=fact.evse_number,
        id_token=fact.id_token,
        started_at=fact.started_at,
        meter_start_wh=fact.meter_start_wh,
        created_at=now,
    )


def _place(fact: TransactionStart) -> Place:
    return fact.station_id, fact.evse_number


def _content(fact: TransactionStart) -> tuple[Place, str, datetime, int]:
    return _place(fact), fact.id_token, fact.started_at, fact.meter_start_wh
