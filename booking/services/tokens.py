"""Tokens: the CPO's own and the eMSPs'."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Upper

from booking.enums import AuthorizationStatus
from booking.errors import NotOwnToken, TokenExists, UnknownToken
from booking.models import Token

Key = tuple[str, str, str, str]
KEY = frozenset({"country_code", "party_id", "uid", "type"})
ANY_CASE = KEY - {"type"}
NOT_COMPARED = frozenset({"id", "created_at", "last_updated"})


def key_of(token: Token) -> Key:
    """What makes a token one: its party, its uid, without case, and its type."""
    names = (token.country_code, token.party_id, token.uid)
    country_code, party_id, uid = (name.upper() for name in names)
    return country_code, party_id, uid, token.type


@transaction.atomic
def save_tokens(*, tokens: Iterable[Token], now: datetime) -> dict[str, int]:
    """Store new and changed tokens in few statements; counts created, updated, unchanged."""
    wanted = {key_of(token): token for token in tokens}
    known = _known(wanted)
    fresh = [token for key, token in wanted.items() if key not in known]
    changed = [
        _changed(known[key], token)
        for key, token in wanted.items()
        if key in known and _differs(known[key], token)
    ]
    for token in [*fresh, *changed]:
        token.last_updated = now
    return _stored(fresh, changed, len(wanted))


@transaction.atomic
def save_told_tokens(*, tokens: Iterable[Token]) -> dict[str, int]:
    """The same for tokens whose issuer says when each changed last: of two accounts of a token
    the newer counts."""
    wanted: dict[Key, Token] = {}
    for token in tokens:
        before = wanted.get(key_of(token))
        if before is None or before.last_updated <= token.last_updated:
            wanted[key_of(token)] = token
    known = _known(wanted)
    fresh = [token for key, token in wanted.items() if key not in known]
    newer = [
        (known[key], token)
        for key, token in wanted.items()
        if key in known and _is_news(known[key], token)
    ]
    changed = [_changed(row, token, last_updated=token.last_updated) for row, token in newer]
    return _stored(fresh, changed, len(wanted))


def _known(wanted: Mapping[Key, Token]) -> dict[Key, Token]:
    """Those of the tokens that are stored; locked, in order, until the transaction ends."""
    rows = (
        Token.objects.select_for_update()
        .annotate(upper_uid=Upper("uid"))
        .filter(upper_uid__in={key[2] for key in wanted})
        .order_by("pk")
    )
    return {key: row for row in rows if (key := key_of(row)) in wanted}


def _stored(fresh: list[Token], changed: list[Token], total: int) -> dict[str, int]:
    Token.objects.bulk_create(fresh, batch_size=5000)
    Token.objects.bulk_update(changed, [*_compared(), "last_updated"], batch_size=5000)
    unchanged = total - len(fresh) - len(changed)
    return {"created": len(fresh), "updated": len(changed), "unchanged": unchanged}


def _is_news(known: Token, token: Token) -> bool:
    if known.last_updated == token.last_updated:
        return _differs(known, token)
    return known.last_updated < token.last_updated


@transaction.atomic
def add_token(*, token: Token, now: datetime) -> Token:
    """A new token. Raises TokenExists."""
    token.last_updated = now
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError as refusal:  # its only constraint
        raise TokenExists(uid=token.uid) from refusal
    return token


@transaction.atomic
def change_token(*, token: Token, now: datetime) -> Token:
    """Store what changed of one of the CPO's own tokens. Raises NotOwnToken or UnknownToken."""
    _require_own(token)
    token.last_updated = now
    token.save(update_fields=[*_changeable(), "last_updated"])
    return token


@transaction.atomic
def delete_token(*, token: Token) -> None:
    """Forget one of the CPO's own tokens; sessions keep its text. Raises NotOwnToken or
    UnknownToken."""
    _require_own(token)
    token.delete()


def _require_own(token: Token) -> None:
    if not token.is_own:
        raise NotOwnToken(uid=token.uid)
    if not Token.objects.select_for_update().filter(pk=token.pk).exists():
        raise UnknownToken(uid=token.uid)


def _changeable() -> list[str]:
    return [name for name in _compared() if name not in KEY]


def set_token_status(*, token: Token, status: AuthorizationStatus, now: datetime) -> None:
    """Block or unblock one of the CPO's own tokens; an eMSP's is its eMSP's to change. Raises
    NotOwnToken."""
    if not token.is_own:
        raise NotOwnToken(uid=token.uid)
    Token.objects.filter(pk=token.pk).update(status=status, last_updated=now)


def _compared() -> list[str]:
    fields = (field.attname for field in Token._meta.concrete_fields)  # noqa: SLF001 -- public API
    return [name for name in fields if name not in NOT_COMPARED]


def _differs(known: Token, token: Token) -> bool:
    return any(_value(known, name) != _value(token, name) for name in _compared())


def _value(token: Token, name: str) -> Any:
    value = getattr(token, name)
    return value.upper() if name in ANY_CASE else value


def _changed(known: Token, token: Token, last_updated: datetime | None = None) -> Token:
    for name in _compared():
        setattr(known, name, getattr(token, name))
    known.last_updated = last_updated or known.last_updated
    return known
