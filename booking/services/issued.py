"""Tokens as their issuers, the eMSPs, tell them (OCPI 2.2.1 §12.2.2)."""

from collections.abc import Iterable
from dataclasses import asdict

from django.db import IntegrityError, transaction

from booking.domain.facts import IssuedToken
from booking.models import Token
from booking.services.tokens import save_tokens, save_told_tokens

PartyKey = tuple[str, str]


def issued_token(*, party: PartyKey, uid: str, kind: str, hold: bool = False) -> Token | None:
    """The token that a party issued with this uid (in any case) and type; `hold`: locked until
    the transaction ends."""
    rows = Token.objects.select_for_update() if hold else Token.objects.all()
    return rows.filter(
        country_code__iexact=party[0], party_id__iexact=party[1], uid__iexact=uid, type=kind
    ).first()


def keep_issued_token(*, token: IssuedToken) -> bool:
    """Store a token with its issuer's own `last_updated`. What is older than what we have
    changes nothing. Returns whether it is new."""
    try:
        return _keep(Token(**asdict(token)))
    except IntegrityError:  # it was stored a moment ago, by another request
        return _keep(Token(**asdict(token)))


def keep_issued_tokens(*, tokens: Iterable[IssuedToken]) -> dict[str, int]:
    """The same for many, in few statements; counts created, updated, unchanged."""
    told = list(tokens)
    try:
        return save_told_tokens(tokens=[Token(**asdict(token)) for token in told])
    except IntegrityError:
        return save_told_tokens(tokens=[Token(**asdict(token)) for token in told])


def stored_token(told: IssuedToken) -> Token:
    """The row of a token that its issuer told us of just now."""
    keep_issued_token(token=told)
    party = (told.country_code, told.party_id)
    found = issued_token(party=party, uid=told.uid, kind=told.type)
    assert found is not None
    return found


@transaction.atomic
def _keep(token: Token) -> bool:
    party = (token.country_code, token.party_id)
    known = issued_token(party=party, uid=token.uid, kind=token.type, hold=True)
    if known is not None and known.last_updated > token.last_updated:
        return False
    if known is not None:
        token.country_code, token.party_id = known.country_code, known.party_id
    counted = save_tokens(tokens=[token], now=token.last_updated)
    if known is not None and counted["unchanged"]:
        Token.objects.filter(pk=known.pk).update(last_updated=token.last_updated)
    return counted["created"] > 0
