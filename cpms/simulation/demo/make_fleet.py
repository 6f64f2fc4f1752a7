"""Write the demo fleet (`fleet.json`, the CPMS's import format): `python make_fleet.py`.

The same every time. Identities and passwords look random and cannot be derived from what OCPI or
a sticker shows, but they are as public as this file: good for a demo on the loopback, only.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PARTY = {"country_code": "GB", "party_id": "EMA"}
UPDATED = "2026-01-01T00:00:00Z"
CAPABILITIES = [
    "CHARGING_PROFILE_CAPABLE",
    "REMOTE_START_STOP_CAPABLE",
    "RESERVABLE",
    "RFID_READER",
    "UNLOCK_CAPABLE",
]
EVERY_DAY = range(1, 8)


def connector(standard: str, power_type: str, volts: int, amperes: int, max_w: int) -> Json:
    return {
        "standard": standard,
        "format": "CABLE" if power_type == "DC" else "SOCKET",
        "power_type": power_type,
        "max_voltage": volts,
        "max_amperage": amperes,
        "max_electric_power": max_w,
    }


CCS_50 = connector("IEC_62196_T2_COMBO", "DC", 500, 125, 50_000)
CHADEMO_50 = connector("CHADEMO", "DC", 500, 125, 50_000)
CCS_150 = connector("IEC_62196_T2_COMBO", "DC", 920, 375, 150_000)
SOCKET_22 = connector("IEC_62196_T2", "AC_3_PHASE", 230, 32, 22_000)
SOCKET_11 = connector("IEC_62196_T2", "AC_3_PHASE", 230, 16, 11_000)
SOCKET_3_7 = connector("IEC_62196_T2", "AC_1_PHASE", 230, 16, 3_680)

# A charger is a list of EVSEs, an EVSE a list of connectors.
RAPID_50 = [[CCS_50, CHADEMO_50]]
RAPID_150 = [[CCS_150]]
DUAL_22 = [[SOCKET_22], [SOCKET_22]]
DUAL_11 = [[SOCKET_11], [SOCKET_11]]
LAMP_POST = [[SOCKET_3_7]]


@dataclass(frozen=True, slots=True)
class Site:
    """A location, its chargers with how many there are, and its prices for DC and AC."""

    location_id: str
    facts: Json
    chargers: list[tuple[int, list[list[Json]]]]
    tariff_dc: str
    tariff_ac: str
    restrictions: list[str] = field(default_factory=lambda: ["EV_ONLY"])


SITES = [
    Site(
        "LOCHEE",
        {
            "name": "Lochee Charging Hub",
            "address": "Lochee Road",
            "city": "Dundee",
            "postal_code": "DD2",
            "country": "GBR",
            "coordinates": {"latitude": "56.464900", "longitude": "-2.989300"},
            "time_zone": "Europe/London",
            "parking_type": "PARKING_LOT",
            "facilities": ["BUS_STOP", "SUPERMARKET"],
            "opening_times": {"twentyfourseven": True},
            "directions": [
                {"language": "en", "text": "Enter from Lochee Road; the canopy is on the left."}
            ],
            "energy_mix": {
                "is_green_energy": True,
                "energy_sources": [
                    {"source": "WIND", "percentage": 80},
                    {"source": "SOLAR", "percentage": 20},
                ],
            },
        },
        [(4, RAPID_50), (3, DUAL_22)],
        "EMA-GB-RAPID",
        "EMA-GB-FAST",
    ),
    Site(
        "UTRECHT",
        {
            "name": "Jaarbeursplein Car Park",
            "address": "Jaarbeursplein",
            "city": "Utrecht",
            "postal_code": "3521 AL",
            "country": "NLD",
            "coordinates": {"latitude": "52.089000", "longitude": "5.106900"},
            "time_zone": "Europe/Amsterdam",
            "parking_type": "PARKING_GARAGE",
            "facilities": ["TRAIN_STATION", "TRAM_STOP", "CAFE", "RESTAURANT"],
            "opening_times": {
                "twentyfourseven": False,
                "regular_hours": [
                    {"weekday": day, "period_begin": "06:00", "period_end": "23:30"}
                    for day in EVERY_DAY
                ],
            },
            "charging_when_closed": True,
            "directions": [
                {"language": "en", "text": "Level -1, follow the green signs."},
                {"language": "nl", "text": "Verdieping -1, volg de groene borden."},
            ],
        },
        [(2, RAPID_150), (2, RAPID_50), (4, DUAL_11)],
        "EMA-NL-RAPID",
        "EMA-NL-FAST",
        ["EV_ONLY", "CUSTOMERS"],
    ),
    Site(
        "TORINO",
        {
            "name": "Piazza Vittorio Veneto Street Chargers",
            "address": "Piazza Vittorio Veneto",
            "city": "Torino",
            "postal_code": "10124",
            "state": "TO",
            "country": "ITA",
            "coordinates": {"latitude": "45.064700", "longitude": "7.695400"},
            "time_zone": "Europe/Rome",
            "parking_type": "ON_STREET",
            "facilities": ["RESTAURANT", "CAFE", "TRAM_STOP"],
            "opening_times": {"twentyfourseven": True},
            "directions": [{"language": "it", "text": "Sui lampioni del lato nord della piazza."}],
        },
        [(8, LAMP_POST), (1, DUAL_22), (1, RAPID_50)],
        "EMA-IT-RAPID",
        "EMA-IT-STREET",
    ),
]


def component(kind: str, price: float, vat: float, step_size: int = 1) -> Json:
    return {"type": kind, "price": price, "vat": vat, "step_size": step_size}


def tariff(name: str, currency: str, text: str, elements: list[Json]) -> Json:
    return {
        **PARTY,
        "id": name,
        "currency": currency,
        "type": "REGULAR",
        "tariff_alt_text": [{"language": "en", "text": text}],
        "elements": elements,
        "last_updated": UPDATED,
    }


TARIFFS = [
    tariff(
        "EMA-GB-RAPID",
        "GBP",
        "£0.65 per kWh excl. VAT; £6 per hour for parking beyond one hour",
        [
            {"price_components": [component("ENERGY", 0.65, 20)]},
            {
                "price_components": [component("PARKING_TIME", 6.0, 20, 60)],
                "restrictions": {"min_duration": 3600},
            },
        ],
    ),
    tariff(
        "EMA-GB-FAST",
        "GBP",
        "£0.42 per kWh excl. VAT",
        [{"price_components": [component("ENERGY", 0.42, 20)]}],
    ),
    tariff(
        "EMA-NL-RAPID",
        "EUR",
        "€0.50 per session and €0.62 per kWh excl. VAT",
        [{"price_components": [component("FLAT", 0.5, 21), component("ENERGY", 0.62, 21)]}],
    ),
    tariff(
        "EMA-NL-FAST",
        "EUR",
        "€0.29 per kWh from 23:00 to 06:00, else €0.38, excl. VAT",
        [
            {
                "price_components": [component("ENERGY", 0.29, 21)],
                "restrictions": {"start_time": "23:00", "end_time": "06:00"},
            },
            {"price_components": [component("ENERGY", 0.38, 21)]},
        ],
    ),
    tariff(
        "EMA-IT-RAPID",
        "EUR",
        "€0.64 per kWh excl. VAT",
        [{"price_components": [component("ENERGY", 0.64, 22)]}],
    ),
    tariff(
        "EMA-IT-STREET",
        "EUR",
        "€0.31 per kWh, and €0.60 per hour of charging between 09:00 and 20:00, excl. VAT",
        [
            {
                "price_components": [component("TIME", 0.6, 22, 60)],
                "restrictions": {"start_time": "09:00", "end_time": "20:00"},
            },
            {"price_components": [component("ENERGY", 0.31, 22)]},
        ],
    ),
]


def scrambled(*words: object, length: int) -> str:
    """Letters and digits that say nothing."""
    return hashlib.sha256("/".join(map(str, ("emall-demo", *words))).encode()).hexdigest()[:length]


def evse(site: Site, number: int, reference: str, connectors: list[Json]) -> Json:
    is_dc = connectors[0]["power_type"] == "DC"
    capabilities = [c for c in CAPABILITIES if not (is_dc and c == "UNLOCK_CAPABLE")]
    place = SITES.index(site) + 1
    return {
        "uid": f"{site.location_id}-{number}",
        "evse_id": f"GB*EMA*E{place}{number:03}",
        "status": "UNKNOWN",
        "capabilities": capabilities,
        "physical_reference": reference,
        "parking_restrictions": site.restrictions,
        "connectors": [
            {
                "id": str(place_in_evse),
                **each,
                "tariff_ids": [site.tariff_dc if is_dc else site.tariff_ac],
                "last_updated": UPDATED,
            }
            for place_in_evse, each in enumerate(connectors, start=1)
        ],
        "last_updated": UPDATED,
    }


def build_site(site: Site) -> tuple[Json, list[Json]]:
    """The location and its stations; `1A` and `1B` are the two sides of charger 1."""
    evses: list[Json] = []
    stations: list[Json] = []
    chargers = [kind for count, kind in site.chargers for _ in range(count)]
    for charger, kind in enumerate(chargers, start=1):
        sides = [""] if len(kind) == 1 else ["A", "B"]
        mine = [
            evse(site, len(evses) + side, f"{charger}{letter}", connectors)
            for side, (letter, connectors) in enumerate(zip(sides, kind, strict=True), start=1)
        ]
        evses += mine
        stations.append(
            {
                "identity": f"EM-{scrambled('identity', site.location_id, charger, length=12)}",
                "location_id": site.location_id,
                "evse_uids": [each["uid"] for each in mine],
                "password": scrambled("password", site.location_id, charger, length=32),
                "security_profile": 1,
            }
        )
    location = {
        **PARTY,
        "id": site.location_id,
        "publish": True,
        **site.facts,
        "operator": {"name": "eMall", "website": "https://emall.example.com"},
        "images": [],
        "evses": evses,
        "last_updated": UPDATED,
    }
    return location, stations


def id_token(number: int, status: str = "Accepted", group: str | None = None) -> Json:
    return {
        "id_token": scrambled("card", number, length=14).upper(),
        "status": status,
        "expires_at": None,
        "parent_id_token": group,
    }


def build() -> Json:
    """Sixty cards are good, the first ten of them of one company; three are not."""
    sites = [build_site(site) for site in SITES]
    return {
        "locations": [location for location, _ in sites],
        "stations": [station for _, stations in sites for station in stations],
        "tariffs": TARIFFS,
        "tokens": [],
        "id_tokens": [
            *(id_token(n, group="FLEET01" if n <= 10 else None) for n in range(1, 61)),  # noqa: PLR2004
            id_token(61, "Blocked"),
            id_token(62, "Expired"),
            id_token(63, "Invalid"),
        ],
    }


if __name__ == "__main__":
    text = json.dumps(build(), indent=1, ensure_ascii=False)
    (Path(__file__).parent / "fleet.json").write_text(f"{text}\n")
