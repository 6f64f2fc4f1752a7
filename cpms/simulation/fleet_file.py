"""The fleet import file of the CPMS as the simulator reads and writes it."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpms.simulation.physics import Outlet
from cpms.simulation.world import StationSpec

DEMO = Path(__file__).parent / "demo" / "fleet.json"
DC_VOLTS = 400
PHASES = {"AC_1_PHASE": 1, "AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3, "DC": 0}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """Stations and the cards that are good there."""

    stations: tuple[StationSpec, ...]
    id_tags: tuple[str, ...]


def read_plan(path: Path) -> FleetPlan:
    """Raises OSError, ValueError or KeyError for what is no fleet file. Stations without password
    cannot be simulated."""
    return plan_of(json.loads(path.read_text()))


def plan_of(document: Json) -> FleetPlan:
    """The stations with the outlets that the locations describe."""
    outlets = {
        evse["uid"]: outlet_of(evse)
        for location in document["locations"]
        for evse in location.get("evses", [])
    }
    zones = {location["id"]: location["time_zone"] for location in document["locations"]}
    stations = tuple(
        StationSpec(
            identity=entry["identity"],
            password=entry["password"],
            outlets=tuple(outlets[uid] for uid in entry["evse_uids"]),
            time_zone=zones[entry["location_id"]],
        )
        for entry in document["stations"]
    )
    accepted = [t["id_token"] for t in document.get("id_tokens", []) if t["status"] == "Accepted"]
    return FleetPlan(stations, tuple(accepted) or ("SIMULATED",))


def outlet_of(evse: Json) -> Outlet:
    """The strongest connector of an OCPI EVSE: it serves one car at a time."""
    return max((_outlet(connector) for connector in evse["connectors"]), key=lambda o: o.max_w)


def _outlet(connector: Json) -> Outlet:
    phases = PHASES[connector["power_type"]]
    volts, amperes = connector["max_voltage"], connector["max_amperage"]
    max_w = connector.get("max_electric_power") or volts * amperes * max(1, phases)
    return Outlet(
        max_w=max_w,
        phases=phases,
        volts=DC_VOLTS if phases == 0 else volts,
        fixed_cable=connector["format"] == "CABLE",
    )


def generate(count: int, prefix: str, known: Json | None = None) -> Json:
    """A fleet of `count` dual 22 kW stations, every fourth a 50 kW one, all at one location.
    Stations of `known`, an earlier such fleet, keep their passwords; new ones are random."""
    passwords = {
        entry["identity"]: entry["password"] for entry in (known or {}).get("stations", [])
    }
    numbers = range(1, count + 1)
    return {
        "locations": [_location(prefix, [evse for n in numbers for evse in _evses(prefix, n)])],
        "stations": [
            {
                "identity": f"{prefix}{n:05}",
                "location_id": f"{prefix}-SITE",
                "evse_uids": [evse["uid"] for evse in _evses(prefix, n)],
                "password": passwords.get(f"{prefix}{n:05}") or secrets.token_hex(16),
                "security_profile": 1,
            }
            for n in numbers
        ],
        "id_tokens": [
            {
                "id_token": f"{prefix}TAG{n:03}",
                "status": "Accepted",
                "expires_at": None,
                "parent_id_token": None,
            }
            for n in range(1, 51)
        ],
    }


def _location(prefix: str, evses: list[Json]) -> Json:
    return {
        "country_code": "GB",
        "party_id": "EMA",
        "id": f"{prefix}-SITE",
        "publish": False,
        "name": f"Simulated stations {prefix}",
        "address": "Test field",
        "city": "Dundee",
        "country": "GBR",
        "coordinates": {"latitude": "56.460000", "longitude": "-2.970000"},
        "time_zone": "Europe/London",
        "opening_times": {"twentyfourseven": True},
        "evses": evses,
        "last_updated": "2026-01-01T00:00:00Z",
    }


def _evses(prefix: str, n: int) -> list[Json]:
    if n % 4 == 0:
        return [_evse(f"{prefix}-{n}-1", _connector("IEC_62196_T2_COMBO", "DC", 125, 50_000))]
    sockets = [_connector("IEC_62196_T2", "AC_3_PHASE", 32, 22_000) for _ in range(2)]
    return [_evse(f"{prefix}-{n}-{i}", socket) for i, socket in enumerate(sockets, start=1)]


def _evse(uid: str, connector: Json) -> Json:
    return {
        "uid": uid,
        "status": "UNKNOWN",
        "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE", "RESERVABLE"],
        "connectors": [connector],
        "last_updated": "2026-01-01T00:00:00Z",
    }


def _connector(standard: str, power_type: str, amperes: int, max_w: int) -> Json:
    is_dc = power_type == "DC"
    return {
        "id": "1",
        "standard": standard,
        "format": "CABLE" if is_dc else "SOCKET",
        "power_type": power_type,
        "max_voltage": DC_VOLTS if is_dc else 230,
        "max_amperage": amperes,
        "max_electric_power": max_w,
        "last_updated": "2026-01-01T00:00:00Z",
    }
