"""Our objects as OCPI 2.2.1 writes them, and a Token back. Pure: rows in, JSON out. Locations are
texts before they are objects (ocpi.domain.documents).

Optional fields are absent when empty, numbers are numbers, energy is kWh, time is UTC with Z.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from booking.domain.facts import IssuedToken
from booking.enums import SessionStatus
from booking.models import ChargingSession, Token
from ocpi.domain.datetimes import parsed, written
from tariffs.models import Tariff
from tariffs.selectors import content_of

Json = dict[str, Any]

TOKEN_TEXTS = (
    "country_code", "party_id", "uid", "type", "contract_id", "visual_number", "issuer",
    "group_id", "whitelist", "language", "default_profile_type",
)  # fmt: skip
FALLBACK_CURRENCY = "EUR"


def tariff_object(tariff: Tariff) -> Json:
    """A Tariff (§11.3.1): what its newest version says."""
    newest = max(tariff.versions.all(), key=lambda version: version.number)
    at = max(tariff.last_updated, newest.created_at)
    return {**content_of(tariff), "last_updated": written(at)}


def session_object(session: ChargingSession) -> Json:
    """A Session (§9.3.1) of an eMSP's token: cost and energy so far, or in all."""
    location, version = session.evse.location, session.tariff_version
    connectors = sorted(session.evse.connectors.all(), key=lambda connector: connector.ocpi_id)
    cost, currency = _cost(session)
    body: Json = {
        "country_code": location.country_code,
        "party_id": location.party_id,
        "id": str(session.pk),
        "start_date_time": written(session.started_at),
        "kwh": kwh(session.energy_wh),
        "cdr_token": cdr_token(session),
        "auth_method": session.auth_method,
        "location_id": location.ocpi_id,
        "evse_uid": session.evse.uid,
        "connector_id": connectors[0].ocpi_id if connectors else "1",
        "currency": currency or (version.currency if version else FALLBACK_CURRENCY),
        "charging_periods": _periods(session),
        "status": session.status,
        "last_updated": written(session.last_updated),
    }
    if session.ended_at is not None:
        body["end_date_time"] = written(session.ended_at)
    if session.authorization_reference:
        body["authorization_reference"] = session.authorization_reference
    if cost is not None:
        body["total_cost"] = {"excl_vat": round(float(cost), 4)}
    return body


def _cost(session: ChargingSession) -> tuple[Decimal | None, str]:
    """So far; once its eMSP was billed, as it was billed first: a COMPLETED Session changes no
    more (§9.2.3), what corrects its bill is CDRs."""
    token = session.token
    party = (token.country_code.upper(), token.party_id.upper()) if token else ("", "")
    bills = [
        bill for bill in session.cdrs.all()
        if not bill.is_credit and (bill.country_code, bill.party_id) == party
    ]  # fmt: skip
    if not bills:
        return session.total_cost, session.currency
    first = min(bills, key=lambda bill: bill.issued_at)
    return first.total_excl_vat, first.currency


def cdr_token(session: ChargingSession) -> Json:
    """The CdrToken (§10.4.4) of a session whose token is stored, in its issuer's spelling."""
    token = session.token
    assert token is not None
    return {
        "country_code": token.country_code,
        "party_id": token.party_id,
        "uid": token.uid,
        "type": token.type,
        "contract_id": token.contract_id or token.uid,
    }


def _periods(session: ChargingSession) -> list[Json]:
    """Reserved, then charging, as far as either was."""
    found = [] if session.is_only_reserved else [_charged(session)]
    return found if session.reservation is None else [_reserved(session), *found]


def _reserved(session: ChargingSession) -> Json:
    assert session.reservation is not None
    came_at = session.started_at
    if session.is_only_reserved:
        came_at = session.ended_at or session.last_updated
    since = min(session.reservation.starts_at, came_at)
    hours = (came_at - since).total_seconds() / 3600
    dimension = {"type": "RESERVATION_TIME", "volume": round(hours, 4)}
    return {"start_date_time": written(since), "dimensions": [dimension], **_tariff_id(session)}


def _tariff_id(session: ChargingSession) -> Json:
    version = session.tariff_version
    return {"tariff_id": version.tariff.ocpi_id} if version else {}


def _charged(session: ChargingSession) -> Json:
    until = session.ended_at or session.last_meter_at or session.started_at
    hours = max((until - session.started_at).total_seconds(), 0) / 3600
    return {
        "start_date_time": written(session.started_at),
        "dimensions": [
            {"type": "ENERGY", "volume": kwh(session.energy_wh)},
            {"type": "TIME", "volume": round(hours, 4)},
        ],
        **_tariff_id(session),
    }


def kwh(energy_wh: int) -> float:
    return float(Decimal(energy_wh) / 1000)


def is_over(session: ChargingSession) -> bool:
    """Whether a session will not change any more."""
    return session.status in (SessionStatus.COMPLETED, SessionStatus.INVALID)


def token_object(token: Token) -> Json:
    """A Token (§12.3.2) as its issuer told it."""
    texts = {name: getattr(token, name) for name in TOKEN_TEXTS}
    body: Json = {name: text for name, text in texts.items() if text}
    body |= {"contract_id": token.contract_id, "issuer": token.issuer, "valid": token.valid}
    if token.energy_contract:
        body["energy_contract"] = token.energy_contract
    return {**body, "last_updated": written(token.last_updated)}


def issued_token(body: Json) -> IssuedToken:
    """What a valid Token object says."""
    return IssuedToken(
        **{name: body.get(name, "") for name in TOKEN_TEXTS},
        valid=body["valid"],
        energy_contract=body.get("energy_contract"),
        last_updated=parsed(body["last_updated"]) or datetime.now(UTC),
    )
