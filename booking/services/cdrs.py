"""Charge detail records: one per ended session, in the transaction that ends it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from booking.domain.course import Reading
from booking.enums import SessionStatus
from booking.events import CdrIssued
from booking.models import Cdr, ChargingSession
from booking.services.cdr_periods import charging_periods_of, money_of, rfc3339, totals_of
from booking.services.occasions import party_that_issued
from booking.services.pricing import Bill, bill_of
from booking.services.readings import readings_of
from booking.services.sweeping import each
from cpms.kernel import events
from tariffs.domain.pricing import Price, rounded
from tariffs.services import mark_used

ZERO = Decimal("0.0000")
LONGEST_ADDRESS, LONGEST_STATE = 45, 20


def issue_cdr(*, session: ChargingSession, now: datetime) -> Cdr:
    """The CDR of an ended session; the one it has already, if it has. Must run inside the
    transaction that ended the session."""
    found = Cdr.objects.filter(session=session, credits=None, replaces=None).first()
    if found is not None:
        return found
    cdr = cdr_of(session, now, readings_of([session], now)[session.pk])
    if session.tariff_version is not None:
        mark_used(version=session.tariff_version, now=now)
    cdr.save(force_insert=True)
    events.publish(CdrIssued(cdr.pk, session.pk))
    return cdr


def cdr_of(session: ChargingSession, now: datetime, readings: Sequence[Reading]) -> Cdr:
    """The CDR that an ended session should get, not stored yet."""
    ended_at = session.ended_at or now
    bill = bill_of(session, ended_at, readings)
    price = bill.price
    country_code, party_id = party_that_issued(session.token)
    cdr = Cdr(
        id=uuid4(),
        session=session,
        country_code=country_code,
        party_id=party_id,
        started_at=bill.usage.started_at,
        ended_at=ended_at,
        energy_wh=session.energy_wh,
        currency=price.currency if price else session.currency or "EUR",
        total_excl_vat=rounded(price.excl_vat) if price else ZERO,
        total_incl_vat=_with_vat(price),
        issued_at=now,
    )
    cdr.body = body_of(cdr, session, bill)
    return cdr


def body_of(cdr: Cdr, session: ChargingSession, bill: Bill) -> dict[str, Any]:
    """The OCPI 2.2.1 CDR object (§10.3.1) as it is issued; what is not known is absent."""
    location = session.evse.location
    body: dict[str, Any] = {
        "country_code": location.country_code,
        "party_id": location.party_id,
        "id": str(cdr.pk),
        "start_date_time": rfc3339(cdr.started_at),
        "end_date_time": rfc3339(cdr.ended_at),
        "session_id": str(session.pk),
        "cdr_token": _token_of(session),
        "auth_method": session.auth_method,
        "cdr_location": _place_of(session),
        "currency": cdr.currency,
        "charging_periods": charging_periods_of(bill),
        "total_cost": money_of(cdr.total_excl_vat, cdr.total_incl_vat),
        **totals_of(bill),
        "last_updated": rfc3339(cdr.issued_at),
    }
    if session.authorization_reference:
        body["authorization_reference"] = session.authorization_reference
    if session.tariff_version is not None:
        body["tariffs"] = [_tariff_of(session)]
    return body


def _place_of(session: ChargingSession) -> dict[str, Any]:
    """The CdrLocation (§10.4.3), whose address and state may be less long than a Location's."""
    location, evse = session.evse.location, session.evse
    texts = {
        "name": location.name,
        "postal_code": location.postal_code,
        "state": location.state[:LONGEST_STATE],
    }
    return {
        "id": location.ocpi_id,
        "address": location.address[:LONGEST_ADDRESS],
        "city": location.city,
        "country": location.country,
        "coordinates": {
            "latitude": f"{location.latitude:.6f}",
            "longitude": f"{location.longitude:.6f}",
        },
        "evse_uid": evse.uid,
        "evse_id": evse.evse_id or evse.uid,
        **_connector_of(session),
        **{name: text for name, text in texts.items() if text},
    }


def _tariff_of(session: ChargingSession) -> dict[str, Any]:
    version = session.tariff_version
    assert version is not None
    return {**version.body, "last_updated": rfc3339(version.created_at)}


def _connector_of(session: ChargingSession) -> dict[str, str]:
    connectors = sorted(session.evse.connectors.all(), key=lambda connector: connector.ocpi_id)
    connector = next(iter(connectors), None)
    if connector is None:
        return {}
    return {
        "connector_id": connector.ocpi_id,
        "connector_standard": connector.standard,
        "connector_format": connector.format,
        "connector_power_type": connector.power_type,
    }


def _token_of(session: ChargingSession) -> dict[str, str]:
    token, location = session.token, session.evse.location
    return {
        "country_code": (token and token.country_code) or location.country_code,
        "party_id": (token and token.party_id) or location.party_id,
        "uid": session.id_token,
        "type": token.type if token else "RFID",
        "contract_id": (token and token.contract_id) or session.id_token,
    }


def _with_vat(price: Price | None) -> Decimal | None:
    if price is None:
        return ZERO
    return None if price.incl_vat is None else rounded(price.incl_vat)


def issue_missing_cdrs(*, now: datetime) -> int:
    """Find ended sessions without a CDR and issue it. There should be none: a session ends and
    gets its CDR in one transaction. Reservations that were not used need none."""
    missing = ChargingSession.objects.filter(status=SessionStatus.COMPLETED, cdrs=None).exclude(
        reservation__isnull=False, meter_stop_wh=None
    )

    def issue(pk: UUID) -> bool:
        session = ChargingSession.objects.select_for_update(of=("self",)).get(pk=pk)
        cdr = issue_cdr(session=session, now=now)
        session.total_cost, session.currency = cdr.total_excl_vat, cdr.currency
        session.save(update_fields=["total_cost", "currency"])
        return True

    return each(missing.values_list("pk", flat=True)[:500], issue)
