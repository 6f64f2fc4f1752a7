"""A CPO with every kind of object that partners may see, each field filled at least once."""

import json
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from booking.models import ChargingSession
from booking.services import (
    end_reservations,
    hold_due_reservations,
    price_running_sessions,
    start_transactions,
    stop_transactions,
)
from stations.models import Evse, Location, StationConnection
from tariffs.models import TariffVersion
from tests.factories.booking import NOON, CdrFactory, ReservationFactory, start_of, stop_of
from tests.factories.ocpi import roaming_cdr, roaming_session, roaming_token

PARTY = {"country_code": "NL", "party_id": "EMA"}
AT = "2026-05-01T08:00:00Z"
IMAGE = {"url": "https://emall.example/i.png", "category": "LOCATION", "type": "png"}
IMAGES = [{**IMAGE, "thumbnail": "https://emall.example/t.png", "width": 640, "height": 480}]
BUSINESS = {"name": "eMall", "website": "https://emall.example", "logo": IMAGE}
TEXTS = [{"language": "en", "text": "Behind the gate."}]
EXCEPTION = [{"period_begin": "2026-12-24T12:00:00Z", "period_end": "2026-12-26T12:00:00Z"}]
MIX = {
    "is_green_energy": True,
    "energy_sources": [{"source": "WIND", "percentage": 99.5}],
    "environ_impact": [{"category": "CARBON_DIOXIDE", "amount": 12.25}],
    "supplier_name": "Supplier",
    "energy_product_name": "Green",
}
CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "power_type": "AC_3_PHASE",
    "max_voltage": 230,
    "max_amperage": 32,
    "max_electric_power": 22_000,
    "tariff_ids": ["FULL"],
    "terms_and_conditions": "https://emall.example/terms",
    "last_updated": AT,
}
EVSE = {
    "uid": "FULL-1",
    "evse_id": "NL*EMA*E1",
    "status": "AVAILABLE",
    "status_schedule": [
        {"period_begin": AT, "period_end": "2026-05-02T08:00:00Z", "status": "INOPERATIVE"}
    ],
    "capabilities": ["REMOTE_START_STOP_CAPABLE", "RESERVABLE", "RFID_READER"],
    "connectors": [CONNECTOR],
    "floor_level": "-1",
    "coordinates": {"latitude": "52.089010", "longitude": "5.106910"},
    "physical_reference": "1A",
    "directions": TEXTS,
    "parking_restrictions": ["EV_ONLY", "CUSTOMERS"],
    "images": IMAGES,
    "last_updated": AT,
}
LOCATION = {
    **PARTY,
    "id": "FULL",
    "publish": False,
    "publish_allowed_to": [{"issuer": "Roamer", "visual_number": "1234"}],
    "name": "Full",
    "address": "Street 1",
    "city": "Utrecht",
    "postal_code": "3521 AL",
    "state": "UT",
    "country": "NLD",
    "coordinates": {"latitude": "52.089000", "longitude": "5.106900"},
    "related_locations": [
        {"latitude": "52.089100", "longitude": "5.106800", "name": TEXTS[0]},
    ],
    "parking_type": "PARKING_GARAGE",
    "evses": [EVSE, {**EVSE, "uid": "FULL-2", "evse_id": "NL*EMA*E2"}],
    "directions": TEXTS,
    "operator": BUSINESS,
    "suboperator": BUSINESS,
    "owner": BUSINESS,
    "facilities": ["CAFE"],
    "time_zone": "Europe/Amsterdam",
    "opening_times": {
        "twentyfourseven": False,
        "regular_hours": [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}],
        "exceptional_openings": EXCEPTION,
        "exceptional_closings": EXCEPTION,
    },
    "charging_when_closed": False,
    "images": IMAGES,
    "energy_mix": MIX,
    "last_updated": AT,
}


def part(kind, price):
    return {"type": kind, "price": price, "vat": 21.0, "step_size": 1}


TARIFF = {
    **PARTY,
    "id": "FULL",
    "currency": "EUR",
    "type": "REGULAR",
    "tariff_alt_text": TEXTS,
    "tariff_alt_url": "https://emall.example/prices",
    "min_price": {"excl_vat": 0.5, "incl_vat": 0.605},
    "max_price": {"excl_vat": 99.0, "incl_vat": 119.79},
    "elements": [
        {
            "price_components": [part("TIME", 6.0), part("FLAT", 1.0)],
            "restrictions": {"reservation": "RESERVATION"},
        },
        {
            "price_components": [part("FLAT", 3.3333)],
            "restrictions": {"reservation": "RESERVATION_EXPIRES"},
        },
        {
            "price_components": [part("ENERGY", 0.1234)],
            "restrictions": {
                "start_time": "23:00", "end_time": "05:00",
                "start_date": "2026-01-01", "end_date": "2027-01-01",
                "min_kwh": 1.5, "max_kwh": 50.0, "min_current": 6.0, "max_current": 96.0,
                "min_power": 1.0, "max_power": 22.0, "min_duration": 60, "max_duration": 86_400,
                "day_of_week": ["MONDAY", "SUNDAY"],
            },
        },
        {"price_components": [part("ENERGY", 0.37), part("TIME", 1.0), part("PARKING_TIME", 2.5)]},
    ],
    "start_date_time": "2026-01-01T00:00:00Z",
    "end_date_time": "2036-01-01T00:00:00Z",
    "energy_mix": MIX,
    "last_updated": AT,
}  # fmt: skip
FREE = {
    **PARTY,
    "id": "FREE",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "FLAT", "price": 0.0, "step_size": 0}]}],
    "last_updated": AT,
}
STATIONS = [
    {
        "identity": f"CP{number}",
        "location_id": "FULL",
        "evse_uids": [f"FULL-{number}"],
        "password": "a-basic-auth-key",
    }
    for number in (1, 2)
]


def open_business(folder):
    """Make it all: static objects, running, ended and reserved sessions, CDRs of each kind."""
    path = folder / "fleet.json"
    document = {"locations": [LOCATION], "stations": STATIONS, "tariffs": [TARIFF, FREE]}
    path.write_text(json.dumps(document))
    call_command("fleet", "import", str(path), verbosity=0)
    TariffVersion.objects.update(valid_from=NOON - timedelta(days=1))
    StationConnection.objects.update(connected_at=NOON, gateway="g")
    token, first, second = roaming_token(uid="04CAFE"), *Evse.objects.order_by("uid")
    _reserved_and_charged(first, token)
    _nobody_came(second, token)
    _running(second, token)
    roaming_session(authorization_reference="REF-1")
    roaming_session(status="INVALID", ended_at=NOON + timedelta(minutes=1))
    roaming_cdr()
    roaming_cdr("OTH")
    _at_a_bare_place()


def _at_a_bare_place():
    """A CDR of a Location with as little as may be, its texts as long as may be."""
    session = roaming_session(ended=True, authorization_reference="REF-2")
    Location.objects.filter(pk=session.evse.location_id).update(
        name="", postal_code="", state="S" * 45, address="A" * 255
    )
    CdrFactory(session=ChargingSession.objects.get(pk=session.pk))


def _reserved(evse, token):
    made = ReservationFactory(
        evse=evse, token=token, starts_at=NOON, cancel_until=NOON, hold_at=NOON
    )
    hold_due_reservations(now=NOON)
    return made


def _reserved_and_charged(evse, token):
    """A CDR with the time and fee of its reservation."""
    _reserved(evse, token)
    began = NOON + timedelta(minutes=7, seconds=1)
    fact = start_of(evse, id_token=token.uid, started_at=began)
    (begun,) = start_transactions(facts=[fact], now=began)
    ended = began + timedelta(minutes=61, milliseconds=17)
    fact = stop_of(evse, begun.reference, stopped_at=ended, meter_stop_wh=12_345)
    stop_transactions(facts=[fact], now=ended)


def _nobody_came(evse, token):
    """A CDR of a reservation alone."""
    _reserved(evse, token)
    end_reservations(now=NOON + timedelta(hours=2))


def _running(evse, token):
    """A session under way, with its cost so far."""
    now = timezone.now()
    fact = start_of(evse, id_token=token.uid, started_at=now - timedelta(minutes=33))
    start_transactions(facts=[fact], now=now)
    running = ChargingSession.objects.filter(status="ACTIVE", evse=evse)
    running.update(energy_wh=4_321, last_meter_at=now, last_updated=now)
    price_running_sessions(now=now)
