"""How we let ourselves in at a partner: its credentials tokens for us, sealed at rest."""

import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection

from cpms.kernel.sealing import BrokenSeal, seal, unseal
from ocpi import client
from ocpi.client import Access, Reply
from ocpi.models import Partner

log = logging.getLogger(__name__)


def keep_token(partner: Partner, token: str) -> None:
    """Take the partner's newest token; the one before is kept. The row is not saved."""
    partner.token_out_before = partner.token_out
    partner.token_out = seal(token, _context(partner), settings.SECRET_KEY)


def accesses_to(partner: Partner) -> tuple[Access, ...]:
    """With the token that a connected partner gave us, else with the one before: the answer
    that told us of the newest may have been overtaken. None when there is none that we can
    read."""
    tokens = _tokens(partner)
    return tuple(
        Access(token, partner.token_encoding, partner.hosts, partner.pk) for token in tokens
    )


def ask_partner(partner: Partner, method: str, url: str, **more: Any) -> Reply:
    """Ask a connected partner (`more`: as of `client.ask`). Once its newest token has opened, the
    one before is forgotten. Raises EgressRefused, EgressFailed or NoAccess."""
    accesses = accesses_to(partner)
    if not connection.in_atomic_block:
        connection.close()  # the pool's, while we wait for the network
    reply = client.ask_with_any(accesses, method, url, **more)
    if len(accesses) > 1 and reply.opened_with == 0:
        row = Partner.objects.filter(pk=partner.pk, token_out=partner.token_out)
        row.update(token_out_before="")
    return reply


def _tokens(partner: Partner) -> Iterator[str]:
    for sealed in filter(None, (partner.token_out, partner.token_out_before)):
        try:
            yield unseal(sealed, _context(partner), settings.SECRET_KEY)
        except BrokenSeal as refusal:
            log.error("token unreadable", extra={"partner": partner.name, "reason": refusal.text})  # noqa: TRY400 -- no traceback: nothing is wrong with the code


def _context(partner: Partner) -> str:
    return f"ocpi partner {partner.pk}"


def without_token(partner: Partner) -> Access:
    """To a host that the partner named and that need not be its own."""
    return Access("", partner.token_encoding, None, partner.pk)
