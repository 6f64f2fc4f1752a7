"""Static information of OCPI 2.2.1 (§8.3) as field values of our models, and back.

Values by field name, so that a stored row and a wanted one can be compared as they are.
OCPI's optional fields are absent on the wire and empty (`""`, `[]`, None) in a row.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stations.enums import Availability, EvseStatus

Json = Mapping[str, Any]
Fields = dict[str, Any]

LOCATION_TEXTS = (
    "country_code", "party_id", "name", "address", "city", "postal_code", "state", "country",
    "parking_type", "time_zone",
)  # fmt: skip
LOCATION_LISTS = (
    "publish_allowed_to", "related_locations", "directions", "facilities", "images",
)  # fmt: skip
LOCATION_OBJECTS = ("operator", "suboperator", "owner", "opening_times", "energy_mix")
EVSE_TEXTS = ("evse_id", "floor_level", "physical_reference")
EVSE_LISTS = ("status_schedule", "capabilities", "directions", "parking_restrictions", "images")
CONNECTOR_TEXTS = ("standard", "format", "power_type", "terms_and_conditions")
CONNECTOR_NUMBERS = ("max_voltage", "max_amperage")

OCPI_STATUS = {  # OCPP's words in OCPI's (§8.4.22); a car that is plugged in uses the EVSE
    EvseStatus.UNKNOWN: "UNKNOWN",
    EvseStatus.AVAILABLE: "AVAILABLE",
    EvseStatus.PREPARING: "CHARGING",
    EvseStatus.CHARGING: "CHARGING",
    EvseStatus.SUSPENDED_EVSE: "CHARGING",
    EvseStatus.SUSPENDED_EV: "CHARGING",
    EvseStatus.FINISHING: "CHARGING",
    EvseStatus.RESERVED: "RESERVED",
    EvseStatus.UNAVAILABLE: "INOPERATIVE",
    EvseStatus.FAULTED: "OUTOFORDER",
}
REMOVED = "REMOVED"


def location_fields(body: Json) -> Fields:
    """Field values of a Location from its (valid) OCPI object."""
    return {
        "ocpi_id": body["id"],
        "publish": body["publish"],
        "charging_when_closed": body.get("charging_when_closed", True),
        **_coordinates(body.get("coordinates")),
        **{name: body.get(name, "") for name in LOCATION_TEXTS},
        **{name: body.get(name, []) for name in LOCATION_LISTS},
        **{name: body.get(name) for name in LOCATION_OBJECTS},
    }


def evse_fields(body: Json) -> Fields:
    """Field values of an EVSE. Of its status only REMOVED is static: `is_removed`."""
    return {
        "uid": body["uid"],
        "is_removed": body["status"] == REMOVED,
        **_coordinates(body.get("coordinates")),
        **{name: body.get(name, "") for name in EVSE_TEXTS},
        **{name: body.get(name, []) for name in EVSE_LISTS},
    }


def connector_fields(body: Json) -> Fields:
    """Field values of a Connector, its tariffs apart."""
    power = body.get("max_electric_power")
    return {
        "ocpi_id": body["id"],
        "max_electric_power": None if power is None else int(power),
        **{name: int(body[name]) for name in CONNECTOR_NUMBERS},
        **{name: body.get(name, "") for name in CONNECTOR_TEXTS},
    }


def location_body(row: Json, evses: list[Fields]) -> Fields:
    """The OCPI Location of a row, with the OCPI objects of its EVSEs."""
    return {
        "country_code": row["country_code"],
        "party_id": row["party_id"],
        "id": row["ocpi_id"],
        "publish": row["publish"],
        "charging_when_closed": row["charging_when_closed"],
        **_present(row, (*LOCATION_TEXTS, *LOCATION_LISTS, *LOCATION_OBJECTS)),
        **_geo(row),
        **({"evses": evses} if evses else {}),
        "last_updated": rfc3339(row["last_updated"]),
    }


def evse_body(row: Json, connectors: list[Fields], *, is_connected: bool) -> Fields:
    """The OCPI EVSE of a row, with the OCPI objects of its connectors."""
    return {
        "uid": row["uid"],
        "status": ocpi_status(row, is_connected=is_connected),
        **_present(row, (*EVSE_TEXTS, *EVSE_LISTS)),
        **_geo(row),
        "connectors": connectors,
        "last_updated": rfc3339(row["last_updated"]),
    }


def connector_body(row: Json, tariff_ids: list[str]) -> Fields:
    """The OCPI Connector of a row."""
    return {
        "id": row["ocpi_id"],
        **{name: row[name] for name in CONNECTOR_NUMBERS},
        **_present(row, (*CONNECTOR_TEXTS, "max_electric_power")),
        **({"tariff_ids": tariff_ids} if tariff_ids else {}),
        "last_updated": rfc3339(row["last_updated"]),
    }


def ocpi_status(row: Json, *, is_connected: bool) -> str:
    """The OCPI status of an EVSE's row; UNKNOWN while its station is away."""
    if row["removed_at"] is not None:
        return REMOVED
    if row["availability"] == Availability.INOPERATIVE and row["status"] != EvseStatus.CHARGING:
        return "INOPERATIVE"
    if is_connected and row["is_reserved"] and row["status"] == EvseStatus.AVAILABLE:
        return OCPI_STATUS[EvseStatus.RESERVED]
    return OCPI_STATUS[EvseStatus(row["status"])] if is_connected else "UNKNOWN"


def rfc3339(instant: datetime) -> str:
    """An OCPI DateTime."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")[: -len("+00:00")] + "Z"


def _present(row: Json, names: tuple[str, ...]) -> Fields:
    return {name: row[name] for name in names if row[name] not in ("", [], None)}


def _coordinates(body: Json | None) -> Fields:
    if body is None:
        return {"latitude": None, "longitude": None}
    return {name: Decimal(body[name]) for name in ("latitude", "longitude")}


def _geo(row: Json) -> Fields:
    if row["latitude"] is None or row["longitude"] is None:
        return {}
    return {"coordinates": {name: _degrees(row[name]) for name in ("latitude", "longitude")}}


def _degrees(value: Decimal) -> str:
    """Six decimals, or the seventh too where it is not zero."""
    exact = f"{value:.7f}"
    return exact.removesuffix("0")
