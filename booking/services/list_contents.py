"""What may stand in a station's local authorization list: tokens in the words of OCPP 1.6."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.db.models.functions import Length

from booking.domain.local_list import LONGEST_ID_TAG, Entries, Json, Limits
from booking.enums import AuthorizationStatus, TokenType, WhitelistType
from booking.models import Token
from booking.services.authorization import decide
from booking.services.many_starts import tokens_by_uid

PRESENTED = (TokenType.RFID, TokenType.OTHER)  # what a card reader can read


def wanted_entries(limits: Limits, now: datetime) -> Entries:
    """The list that a station should have. Never a token whose issuer must always be asked
    (OCPI 2.2.1 §12.4.3), and one that may be used offline only where the station asks us as
    long as it can. Where not all fit, those that may charge come first, our own before others.
    """
    kept = [WhitelistType.ALWAYS, WhitelistType.ALLOWED]
    if not limits.is_trusted:
        kept.append(WhitelistType.ALLOWED_OFFLINE)
    may_charge = Q(valid=True, status=AuthorizationStatus.ACCEPTED) & (
        Q(expires_at=None) | Q(expires_at__gt=now)
    )
    tokens = (
        Token.objects.filter(Q(party_id="") | Q(whitelist__in=kept), type__in=PRESENTED)
        .alias(
            length=Length("uid"),
            is_good=ExpressionWrapper(may_charge, output_field=BooleanField()),
        )
        .filter(length__lte=LONGEST_ID_TAG)
        .order_by(F("is_good").desc(), "party_id", "pk")
    )
    found = list(tokens[: limits.in_all])
    # The same uid may have several tokens: the one that decides elsewhere decides here.
    deciding = tokens_by_uid(token.uid for token in found)
    return {
        token.uid.upper(): _data(token, now)
        for token in found
        if deciding[token.uid.upper()].pk == token.pk
    }


def print_of(entries: Entries) -> str:
    """A fingerprint: equal lists have equal ones."""
    return hashlib.sha256(orjson.dumps(entries, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _data(token: Token, now: datetime) -> Json:
    """AuthorizationData (OCPP 1.6 §7.3)."""
    authorization = decide(token, now)
    info: dict[str, Any] = {"status": str(authorization.status)}
    if authorization.expires_at is not None:
        expires_at = authorization.expires_at.astimezone(UTC)
        info["expiryDate"] = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    group = authorization.parent_id_token
    if group and len(group) <= LONGEST_ID_TAG:
        info["parentIdTag"] = group
    return {"idTag": token.uid, "idTagInfo": info}


def prints_by_limits(limits: Iterable[Limits], now: datetime) -> dict[Limits, str]:
    """The fingerprints of what should stand in lists with these limits."""
    return {one: print_of(wanted_entries(one, now)) for one in set(limits)}
