"""Many stations end transactions at once: one set of statements for all of them.

The usual stop (of a session that runs) is stored with the others; every unusual one takes the
path for one, `stopping.stop_one`, inside the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from booking.domain.facts import Authorization, TransactionStop
from booking.enums import SessionStatus
from booking.errors import ReplacedSocket
from booking.events import CdrIssued, SessionEnded
from booking.models import Cdr, ChargingSession, Token, Transaction
from booking.services.authorization import decide
from booking.services.cdrs import cdr_of
from booking.services.ending import finish
from booking.services.many_starts import tokens_by_uid
from booking.services.readings import readings_of
from booking.services.stopping import NO_REFERENCE, stop_one
from cpms.kernel import events
from cpms.kernel.arrays import instants, numbers, texts
from cpms.kernel.errors import DomainError
from stations.models import Evse
from stations.selectors import present_epochs
from stations.services.bulk import create
from tariffs.services import mark_used

Key = tuple[int, str]  # station, reference

END_SESSIONS = """
UPDATE booking_chargingsession AS session
SET status = 'COMPLETED', ended_at = ended.ended_at, energy_wh = ended.energy_wh,
    meter_stop_wh = ended.meter_stop_wh, stop_reason = ended.stop_reason, power_w = NULL,
    flags = string_to_array(ended.flags, ',')::varchar[], total_cost = ended.total_cost,
    currency = ended.currency, last_updated = ended.last_updated
FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
            %s::numeric[], %s::text[], %s::timestamptz[])
     AS ended (id, ended_at, energy_wh, meter_stop_wh, stop_reason, flags, total_cost, currency,
               last_updated)
WHERE session.id = ended.id
"""
END_TRANSACTIONS = """
UPDATE booking_transaction AS begun SET stopped_at = ended.stopped_at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS ended (id, stopped_at)
WHERE begun.id = ended.id
"""


@transaction.atomic
def stop_transactions(
    *, facts: Sequence[TransactionStop], now: datetime
) -> list[Authorization | DomainError | None]:
    """Store that transactions ended; per fact what the token that stopped it is worth (None:
    none was named), or ReplacedSocket."""
    epochs = present_epochs(fact.station_id for fact in facts)
    tokens = tokens_by_uid(fact.id_token for fact in facts if fact.id_token)
    running = _running(facts)
    ended: list[tuple[Transaction, ChargingSession, TransactionStop]] = []
    unusual: list[TransactionStop] = []
    answers: list[Authorization | DomainError | None] = []
    for fact in facts:
        if fact.epoch and epochs.get(fact.station_id) != fact.epoch:
            answers.append(ReplacedSocket())
            continue
        found = running.pop((fact.station_id, fact.reference), None)
        if found is None:
            unusual.append(fact)
        else:
            ended.append((*found, fact))
        session = found[1] if found else _begun_by(fact)
        answers.append(_worth(fact, session, tokens, now) if fact.id_token else None)
    if ended:
        _end_all(ended, now)
    for fact in unusual:
        stop_one(fact, now)
    return answers


def _begun_by(fact: TransactionStop) -> ChargingSession | None:
    """The session of an unusual stop, if its transaction is known."""
    begun = Transaction.objects.filter(station_id=fact.station_id, reference=fact.reference)
    found = begun.select_related("session__token").first()
    return found.session if found else None


def _worth(
    fact: TransactionStop,
    session: ChargingSession | None,
    tokens: Mapping[str, Token],
    now: datetime,
) -> Authorization:
    """Of the token that ended it: the session's own, where the tag is the one it began with,
    which may stand in for a uid too long for the station."""
    is_own = session is not None and session.id_token.upper() == fact.id_token.upper()
    own = session.token if session is not None and is_own else None
    return decide(own or tokens.get(fact.id_token.upper()), now)


def _running(facts: Sequence[TransactionStop]) -> dict[Key, tuple[Transaction, ChargingSession]]:
    """The transactions that run, by key, with their sessions; EVSEs and sessions are locked."""
    keys = {(fact.station_id, fact.reference) for fact in facts}
    begun = {
        (row.station_id, row.reference): row
        for row in Transaction.objects.filter(
            station__in={key[0] for key in keys},
            reference__in={key[1] for key in keys} - NO_REFERENCE,
        ).annotate(evse_id=F("session__evse_id"))
    }
    wanted = {key: row for key, row in begun.items() if key in keys}
    evse_ids = {row.evse_id for row in wanted.values()}
    evses = Evse.objects.select_for_update(no_key=True).filter(pk__in=evse_ids).order_by("pk")
    list(evses.values_list("pk"))
    locked = (
        ChargingSession.objects.select_for_update(of=("self",))
        .select_related("evse", "token")
        .prefetch_related("evse__location", "evse__connectors", "tariff_version")
        .defer(*(f"evse__{name}" for name in Evse.DESCRIPTION))
        .filter(pk__in={row.session_id for row in wanted.values()}, status=SessionStatus.ACTIVE)
        .order_by("pk")
    )
    sessions = {session.pk: session for session in locked}
    return {
        key: (row, sessions[row.session_id])
        for key, row in wanted.items()
        if row.session_id in sessions
    }


def _end_all(
    ended: list[tuple[Transaction, ChargingSession, TransactionStop]], now: datetime
) -> None:
    cdrs = []
    readings = readings_of([session for _, session, _ in ended], now)
    for _, session, fact in ended:
        finish(session, fact, now)
        cdr = cdr_of(session, now, readings[session.pk])
        session.total_cost, session.currency = cdr.total_excl_vat, cdr.currency
        cdrs.append(cdr)
    sessions = [session for _, session, _ in ended]
    with connection.cursor() as cursor:
        cursor.execute(END_SESSIONS, _columns(sessions))
        cursor.execute(
            END_TRANSACTIONS,
            [
                numbers(begun.pk for begun, _, _ in ended),
                instants(fact.stopped_at for _, _, fact in ended),
            ],
        )
    versions = {session.tariff_version for session in sessions if session.tariff_version}
    for version in versions:
        if version.used_at is None:
            mark_used(version=version, now=now)
    create(Cdr, cdrs)
    for cdr, session in zip(cdrs, sessions, strict=True):
        events.publish(CdrIssued(cdr.pk, session.pk))
        events.publish(SessionEnded(session.pk, session.evse_id, session.evse.location_id))


def _columns(sessions: list[ChargingSession]) -> list[str]:
    return [
        texts(str(session.pk) for session in sessions),
        instants(session.ended_at for session in sessions),
        numbers(session.energy_wh for session in sessions),
        numbers(session.meter_stop_wh for session in sessions),
        texts(session.stop_reason for session in sessions),
        texts(",".join(session.flags) for session in sessions),
        texts(str(session.total_cost) for session in sessions),
        texts(session.currency for session in sessions),
        instants(session.last_updated for session in sessions),
    ]
