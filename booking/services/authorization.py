"""Whether a token may charge: what is stored says, or whether its issuer must be asked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from booking.domain.facts import Authorization
from booking.enums import AuthMethod, Flag, TokenType, WhitelistType
from booking.enums import AuthorizationStatus as Status
from booking.models import Ruling, Token

ASKED = frozenset({WhitelistType.NEVER, WhitelistType.ALLOWED_OFFLINE})
NEVER_PRESENTED = frozenset({TokenType.APP_USER, TokenType.AD_HOC_USER})


@dataclass(frozen=True, slots=True)
class Standing:
    """What a token is worth somewhere, and how we know. `is_open`: its issuer should be asked;
    `authorization` then holds if it does not answer."""

    authorization: Authorization
    auth_method: AuthMethod = AuthMethod.WHITELIST
    authorization_reference: str = ""
    is_open: bool = False


def authorize(*, id_token: str, now: datetime) -> Authorization:
    """What is stored of a token; nobody is asked."""
    return decide(find_token(id_token), now)


def find_token(id_token: str) -> Token | None:
    """The stored token with this uid, whatever its case; the CPO's own first."""
    return (
        Token.objects.filter(uid__iexact=id_token)
        .order_by("party_id", "-valid", "-last_updated")
        .first()
    )


def decide(token: Token | None, now: datetime) -> Authorization:
    """What a stored token is worth."""
    if token is None:
        return Authorization(Status.INVALID)
    group = token.group_id or None
    if not token.is_own and not token.valid:
        return Authorization(Status.BLOCKED, token.expires_at, group)
    if token.status != Status.ACCEPTED:
        return Authorization(Status(token.status), token.expires_at, group)
    if token.expires_at is not None and token.expires_at <= now:
        return Authorization(Status.EXPIRED, token.expires_at, group)
    return Authorization(Status.ACCEPTED, token.expires_at, group)


def standing_of(
    token: Token | None,
    ruling: Ruling | None,
    evse_uids: Iterable[str],
    now: datetime,
    *,
    is_presented: bool = False,
) -> Standing:
    """What a token is worth at one of these EVSEs (OCPI 2.2.1 §12.4.3): what its issuer said a
    moment ago, else what its whitelist type lets us say alone. Where somebody presents it
    (`is_presented`), its issuer may have changed its mind since it was asked last."""
    if token is None:
        return Standing(decide(None, now), is_open=True)
    group = token.group_id or None
    if ruling is not None and ruling.holds(now):
        authorization = Authorization(ruling.status_at(evse_uids), None, group)
        method = AuthMethod(ruling.auth_method)
        if not is_presented or method == AuthMethod.COMMAND:
            return Standing(authorization, method, ruling.authorization_reference)
        if not authorization.is_accepted:
            return Standing(authorization, is_open=True)
    if token.is_own or token.whitelist not in ASKED:
        return Standing(decide(token, now))
    is_open = token.type not in NEVER_PRESENTED  # those are only used in commands (§13.3.5)
    if token.whitelist == WhitelistType.NEVER:
        return Standing(Authorization(Status.INVALID, None, group), is_open=is_open)
    return Standing(decide(token, now), is_open=is_open)


def vouched(token: Token, authorization_reference: str) -> Standing:
    """What a token is worth that its issuer commanded a start with."""
    accepted = Authorization(Status.ACCEPTED, None, token.group_id or None)
    return Standing(accepted, AuthMethod.COMMAND, authorization_reference)


def rulings_of(
    tokens: Iterable[Token | None], stations: Iterable[int]
) -> dict[tuple[int, int], Ruling]:
    """Rulings by station and token; the CPO's own tokens have none."""
    roaming = {token.pk for token in tokens if token is not None and not token.is_own}
    if not roaming:
        return {}
    found = Ruling.objects.filter(station__in=set(stations), token__in=roaming)
    return {(row.station_id, row.token_id): row for row in found}


def as_received(standing: Standing, flags: Iterable[str]) -> Standing:
    """What who began this session is told: nobody may charge where it is kept for another,
    however often the station tells of it and whatever the issuer would say."""
    if Flag.RESERVED_FOR_ANOTHER not in flags:
        return standing
    blocked = replace(standing.authorization, status=Status.BLOCKED)
    return replace(standing, authorization=blocked, is_open=False)
