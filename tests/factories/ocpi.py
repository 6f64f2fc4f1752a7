"""What partners may see, for tests: a session or a CDR of an eMSP's token."""

from booking.models import Token
from tests.factories.booking import CdrFactory, SessionFactory, TokenFactory
from tests.factories.stations import ConnectorFactory


def token_body(uid="04AA", **more):
    """An OCPI Token as an eMSP pushes it."""
    return {
        "country_code": "NL",
        "party_id": "RMR",
        "uid": uid,
        "type": "RFID",
        "contract_id": "NL-RMR-C12345",
        "issuer": "Roamer",
        "valid": True,
        "whitelist": "ALLOWED",
        "last_updated": "2026-06-01T12:00:00Z",
        **more,
    }


def roaming_token(party="RMR", **more) -> Token:
    return TokenFactory(country_code="NL", party_id=party, contract_id=f"NL-{party}-1", **more)


def roaming_session(party="RMR", **more):
    evse = ConnectorFactory().evse
    return SessionFactory(evse=evse, token=roaming_token(party), **more)


def roaming_cdr(party="RMR"):
    return CdrFactory(session=roaming_session(party, ended=True))
