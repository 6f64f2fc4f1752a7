"""The people who charge with this eMSP's cards, and what it says of them when it is asked."""

import hashlib
from dataclasses import dataclass
from typing import Any

from cpms.simulation.emsp.wire import Json, PartyKey

SINCE = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Driver:
    """A card and the rules for it. `is_told`: whether the CPO hears of it before it is used."""

    number: int
    uid: str
    whitelist: str = "ALLOWED"
    allowed: str = "ALLOWED"
    is_told: bool = True

    @property
    def name(self) -> str:
        return f"Driver {self.number:02}"

    def token(self, party: PartyKey, issuer: str) -> Json:
        """The Token (§12.3.2)."""
        contract = f"{party[0]}-{party[1]}-C{self.number:08}"
        return {
            "country_code": party[0],
            "party_id": party[1],
            "uid": self.uid,
            "type": "RFID",
            "contract_id": contract,
            "visual_number": contract,
            "issuer": issuer,
            "valid": self.allowed == "ALLOWED",
            "whitelist": self.whitelist,
            "language": "en",
            "last_updated": SINCE,
        }


def card(number: int) -> str:
    """A card number that looks like one, the same every time."""
    return "04" + hashlib.sha256(f"emsp-card/{number}".encode()).hexdigest()[:12].upper()


DRIVERS = (
    *(Driver(number, card(number)) for number in range(1, 11)),
    Driver(11, card(11), whitelist="ALWAYS"),
    Driver(12, card(12), whitelist="ALLOWED_OFFLINE"),
    Driver(13, card(13), whitelist="NEVER"),
    Driver(14, card(14), is_told=False),
    Driver(15, card(15), whitelist="NEVER", allowed="NO_CREDIT"),
    Driver(16, card(16), allowed="BLOCKED"),
)


def demo_cards() -> tuple[str, ...]:
    """The cards that people bring to the demo's stations."""
    return tuple(driver.uid for driver in DRIVERS)


def authorization(driver: Driver, token: Json, location: Any, reference: str) -> Json:
    """AuthorizationInfo (§12.3.1): whether, and where, the driver may charge now."""
    info: Json = {"allowed": driver.allowed, "token": token}
    if driver.allowed == "ALLOWED":
        info["authorization_reference"] = reference
        if isinstance(location, dict) and isinstance(location.get("location_id"), str):
            info["location"] = location
    else:
        info["info"] = {"language": "en", "text": "Please call your provider."}
    return info
