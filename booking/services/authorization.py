"""Whether a token may charge."""

from datetime import datetime

from booking.domain.facts import Authorization
from booking.enums import AuthorizationStatus as Status
from booking.models import Token
from stations.models import Location


def authorize(*, id_token: str, now: datetime, location: Location | None = None) -> Authorization:
    """The answer to OCPP Authorize: from the CPO's own tokens and the eMSPs' stored ones."""
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
