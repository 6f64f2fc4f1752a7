"""Real-time authorisation (§12.2.2.2): the question as we put it, and what an answer says."""

import logging
from collections.abc import Collection
from typing import Any

from booking.domain.facts import IssuedToken, IssuerAnswer, Whereabouts
from booking.enums import AuthorizationStatus as Status
from ocpi.domain.bodies import single, without_nulls
from ocpi.domain.replies import Reply
from ocpi.errors import InvalidParameter
from ocpi.v221.told import told_token

log = logging.getLogger(__name__)

Json = dict[str, Any]

UNKNOWN_TOKEN, NOT_FOUND = 2004, 404
LONGEST_REFERENCE = 36
STATUS = {
    "ALLOWED": Status.ACCEPTED,
    "BLOCKED": Status.BLOCKED,
    "EXPIRED": Status.EXPIRED,
    "NO_CREDIT": Status.BLOCKED,  # OCPP 1.6 has no word for it
    "NOT_ALLOWED": Status.BLOCKED,
}


def location_references(where: Whereabouts) -> Json:
    """LocationReferences (§12.4.3): where the driver stands."""
    return {"location_id": where.location_id, "evse_uids": list(where.evse_uids)}


def answer_in(
    reply: Reply,
    uid: str,
    parties: Collection[tuple[str, str]],
    where: Whereabouts,
    version: str,
) -> IssuerAnswer | None:
    """What a partner that speaks for `parties` answered about the token `uid`; None: nothing
    that can be used."""
    if reply.http == NOT_FOUND or reply.code == UNKNOWN_TOKEN:
        return IssuerAnswer(Status.INVALID)
    info = without_nulls(single(reply.data))
    if not reply.is_success or not isinstance(info, dict):
        return None
    status, token = STATUS.get(str(info.get("allowed"))), _token_in(info, uid, parties, version)
    if status is None or token is None:
        log.warning("authorisation not understood", extra={"answer": reply.summary})
        return None
    place = info.get("location")
    evse_uids = _texts(place.get("evse_uids")) if isinstance(place, dict) else ()
    if isinstance(place, dict) and not _is_same(place.get("location_id"), where.location_id):
        status = Status.BLOCKED if status == Status.ACCEPTED else status
    reference = info.get("authorization_reference")
    return IssuerAnswer(
        status=status,
        token=token,
        evse_uids=evse_uids,
        authorization_reference=reference[:LONGEST_REFERENCE] if isinstance(reference, str) else "",
    )


def _token_in(
    info: Json, uid: str, parties: Collection[tuple[str, str]], version: str
) -> IssuedToken | None:
    """The token that was asked about, if it is one of the partner's own."""
    try:
        token = told_token(info.get("token"), version)
    except InvalidParameter:
        return None
    party = (token.country_code.upper(), token.party_id.upper())
    return token if _is_same(token.uid, uid) and party in parties else None


def _is_same(given: Any, expected: str) -> bool:
    return isinstance(given, str) and given.casefold() == expected.casefold()


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
