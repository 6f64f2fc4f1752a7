"""How we let ourselves in at a DSO, and how it lets itself in here. What we must say again is
sealed; of what we must only recognise the digest is kept."""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from cpms.kernel.sealing import BrokenSeal, seal, unseal
from dso.domain.tokens import digest_of, new_token
from dso.enums import DsoState, TokenKind
from dso.errors import NoAccess, UnknownToken
from dso.models import Dso, DsoToken

log = logging.getLogger(__name__)


def sealed(dso: Dso, secret: str) -> str:
    return seal(secret, _context(dso), settings.SECRET_KEY)


def secret_of(dso: Dso, text: str) -> str:
    """Raises NoAccess for what is missing or cannot be read."""
    if not text:
        raise NoAccess
    try:
        return unseal(text, _context(dso), settings.SECRET_KEY)
    except BrokenSeal as refusal:
        log.error("secret unreadable", extra={"dso": dso.name, "reason": refusal.text})  # noqa: TRY400 -- no traceback: nothing is wrong with the code
        raise NoAccess from refusal


def _context(dso: Dso) -> str:
    return f"dso {dso.pk}"


def give_token(dso: Dso, kind: TokenKind, now: datetime, *, lasts: timedelta | None = None) -> str:
    """A fresh token of a kind in place of the ones before; its text is not kept."""
    token = new_token()
    dso.tokens.filter(kind=kind).delete()
    DsoToken.objects.create(
        dso=dso,
        kind=kind,
        digest=digest_of(token, settings.SECRET_KEY),
        created_at=now,
        valid_until=None if lasts is None else now + lasts,
    )
    return token


def caller_with(token: str, now: datetime) -> DsoToken:
    """Who lets itself in with a token. Raises UnknownToken."""
    digest = digest_of(token, settings.SECRET_KEY)
    found = DsoToken.objects.select_related("dso").filter(digest=digest).first()
    is_open = found and found.is_valid(now) and found.dso.state != DsoState.SUSPENDED
    if found is None or not is_open:
        raise UnknownToken
    return found
