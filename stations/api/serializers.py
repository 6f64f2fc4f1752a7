"""Locations, stations, EVSEs and connectors in OCPI 2.2.1's words (§8.3), and what it lacks."""

from typing import Any
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from stations import selectors
from stations.api.fields import LARGEST_INTEGER, Coordinates, OcpiField, OcpiId
from stations.domain.identity import fault_in_identity
from stations.domain.static_fields import OCPI_STATUS, REMOVED, ocpi_status
from stations.enums import ChargeType, ConnectorFormat, PowerType
from stations.models import ChargingStation, Connector, Evse, Location

Fields = dict[str, Any]
MOST_PARTS = 100
STATUSES = [*dict.fromkeys(OCPI_STATUS.values()), REMOVED]
CONNECTOR_NEEDS = {
    "id": "ocpi_id",
    **{name: name for name in ("standard", "format", "power_type", "max_voltage", "max_amperage")},
}


def text(most: int, **kwargs: Any) -> serializers.CharField:
    """An optional text."""
    return serializers.CharField(max_length=most, allow_blank=True, default="", **kwargs)


def listed(kind: str) -> OcpiField:
    """An optional list of OCPI values."""
    return OcpiField(kind, many=True, default=list)


def known(kind: str) -> OcpiField:
    """An optional OCPI object."""
    return OcpiField(kind, allow_null=True, default=None)


class ConnectorOut(serializers.ModelSerializer[Connector]):
    """OCPI Connector; `key` is its name in URLs."""

    key = serializers.SerializerMethodField()
    id = serializers.CharField(source="ocpi_id")
    evse_uid = serializers.CharField(source="evse.uid")
    tariff_ids = serializers.SerializerMethodField()

    class Meta:
        model = Connector
        fields = [
            "key", "id", "evse_uid", "standard", "format", "power_type", "max_voltage",
            "max_amperage", "max_electric_power", "tariff_ids", "terms_and_conditions",
            "last_updated",
        ]  # fmt: skip

    def get_key(self, connector: Connector) -> str:
        return f"{connector.evse.uid}:{connector.ocpi_id}"

    def get_tariff_ids(self, connector: Connector) -> list[str]:
        return sorted(held.tariff.ocpi_id for held in connector.tariffs.all() if not held.party_id)


class ConnectorIn(serializers.Serializer[Any]):
    """What can be changed of a connector."""

    standard = OcpiField("ConnectorType")
    format = serializers.ChoiceField(choices=ConnectorFormat.choices)
    power_type = serializers.ChoiceField(choices=PowerType.choices)
    max_voltage = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER)
    max_amperage = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER)
    max_electric_power = serializers.IntegerField(
        min_value=0, max_value=LARGEST_INTEGER, allow_null=True, default=None
    )
    tariff_ids = serializers.ListField(
        child=serializers.CharField(max_length=36), required=False, max_length=MOST_PARTS
    )
    terms_and_conditions = serializers.URLField(max_length=200, allow_blank=True, default="")


class ConnectorOfEvse(ConnectorIn):
    """A connector as part of its EVSE."""

    id = OcpiId(source="ocpi_id")


class ConnectorNew(ConnectorOfEvse):
    evse_uid = serializers.SlugRelatedField(
        source="evse", slug_field="uid", queryset=Evse.objects.filter(removed_at=None)
    )


class EvseOut(serializers.ModelSerializer[Evse]):
    """OCPI EVSE: `status` is OCPI's word, `reported_status` the station's own (OCPP 1.6)."""

    status = serializers.SerializerMethodField()
    type = serializers.SerializerMethodField()
    location_id = serializers.CharField(source="location.ocpi_id")
    station = serializers.SerializerMethodField()
    connected = serializers.SerializerMethodField()
    reported_status = serializers.CharField(source="status")
    reported_at = serializers.DateTimeField(source="status_at", allow_null=True)
    coordinates = Coordinates(source="*", allow_null=True)
    capabilities = OcpiField("Capability", many=True)
    directions = OcpiField("DisplayText", many=True)
    parking_restrictions = OcpiField("ParkingRestriction", many=True)
    images = OcpiField("Image", many=True)
    status_schedule = OcpiField("StatusSchedule", many=True)
    connectors = ConnectorOut(many=True)

    class Meta:
        model = Evse
        fields = [
            "uid", "evse_id", "status", "type", "location_id", "station", "number", "connected",
            "reported_status", "reported_at", "error_code", "error_info", "vendor_error_code",
            "availability", "availability_reason", "available_again_at", "capabilities",
            "floor_level", "coordinates", "physical_reference", "directions",
            "parking_restrictions", "images", "status_schedule", "connectors", "last_updated",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, evse: Evse) -> str:
        names = ("removed_at", "availability", "is_reserved", "status")
        row = {name: getattr(evse, name) for name in names}
        return ocpi_status(row, is_connected=self.get_connected(evse))

    @extend_schema_field(serializers.ChoiceField(choices=ChargeType.choices))
    def get_type(self, evse: Evse) -> str:
        return str(selectors.type_of(evse))

    def get_station(self, evse: Evse) -> str | None:
        return evse.station.identity if evse.station else None

    def get_connected(self, evse: Evse) -> bool:
        return evse.station is not None and evse.station.connection.is_connected


class EvseStatic(serializers.Serializer[Any]):
    """What the CPO states of an EVSE, wherever it stands."""

    evse_id = text(48)
    capabilities = listed("Capability")
    floor_level = text(4)
    coordinates = Coordinates(source="*", allow_null=True, required=False)
    physical_reference = text(16)
    directions = listed("DisplayText")
    parking_restrictions = listed("ParkingRestriction")
    images = listed("Image")
    status_schedule = listed("StatusSchedule")
    connectors = ConnectorOfEvse(many=True, required=False)

    def validate_connectors(self, connectors: list[Fields]) -> list[Fields]:
        """Each is given whole, also where the EVSE is given in part."""
        if len(connectors) > MOST_PARTS:
            raise serializers.ValidationError([f"At most {MOST_PARTS}."])
        for fields in connectors:
            if missing := [name for name, at in CONNECTOR_NEEDS.items() if at not in fields]:
                raise serializers.ValidationError([f"Missing: {', '.join(missing)}."])
        ids = [fields["ocpi_id"] for fields in connectors]
        if len(set(ids)) < len(ids):
            raise serializers.ValidationError(["Two connectors have the same id."])
        return connectors


class EvseIn(EvseStatic):
    """What can be changed of an EVSE."""

    station = serializers.SlugRelatedField(
        slug_field="identity",
        queryset=ChargingStation.objects.select_related("location"),
        allow_null=True,
        required=False,
    )
    number = serializers.IntegerField(
        min_value=1, max_value=32_767, allow_null=True, required=False
    )


class EvseNew(EvseIn):
    uid = OcpiId()
    location_id = serializers.SlugRelatedField(
        source="location", slug_field="ocpi_id", queryset=Location.objects.all(), required=False
    )

    def validate(self, attrs: Fields) -> Fields:
        """Its station says where it stands."""
        if "location" not in attrs and attrs.get("station"):
            attrs["location"] = attrs["station"].location
        if "location" not in attrs:
            raise serializers.ValidationError({"location_id": ["This field is required."]})
        return attrs


class EvseOfLocation(EvseStatic):
    """An EVSE as part of a new location."""

    uid = OcpiId()


class LocationOut(serializers.ModelSerializer[Location]):
    """OCPI Location with its EVSEs."""

    id = serializers.CharField(source="ocpi_id")
    coordinates = Coordinates(source="*")
    publish_allowed_to = OcpiField("PublishTokenType", many=True)
    related_locations = OcpiField("AdditionalGeoLocation", many=True)
    parking_type = OcpiField("ParkingType", allow_null=True)
    evses = EvseOut(many=True)
    directions = OcpiField("DisplayText", many=True)
    operator = OcpiField("BusinessDetails", allow_null=True)
    suboperator = OcpiField("BusinessDetails", allow_null=True)
    owner = OcpiField("BusinessDetails", allow_null=True)
    facilities = OcpiField("Facility", many=True)
    opening_times = OcpiField("Hours", allow_null=True)
    images = OcpiField("Image", many=True)
    energy_mix = OcpiField("EnergyMix", allow_null=True)

    class Meta:
        model = Location
        fields = [
            "country_code", "party_id", "id", "publish", "publish_allowed_to", "name", "address",
            "city", "postal_code", "state", "country", "coordinates", "related_locations",
            "parking_type", "evses", "directions", "operator", "suboperator", "owner",
            "facilities", "time_zone", "opening_times", "charging_when_closed", "images",
            "energy_mix", "created_at", "last_updated",
        ]  # fmt: skip


class LocationIn(serializers.Serializer[Any]):
    """What can be changed of a location."""

    country_code = serializers.RegexField(r"\A[A-Za-z]{2}\Z")
    party_id = serializers.RegexField(r"\A[A-Za-z0-9]{3}\Z")
    publish = serializers.BooleanField(default=True)
    publish_allowed_to = listed("PublishTokenType")
    name = text(255)
    address = serializers.CharField(max_length=255)
    city = serializers.CharField(max_length=45)
    postal_code = text(10)
    state = text(45)
    country = serializers.RegexField(r"\A[A-Za-z]{3}\Z")
    coordinates = Coordinates(source="*")
    related_locations = listed("AdditionalGeoLocation")
    parking_type = OcpiField("ParkingType", allow_null=True, default=None)
    directions = listed("DisplayText")
    operator = known("BusinessDetails")
    suboperator = known("BusinessDetails")
    owner = known("BusinessDetails")
    facilities = listed("Facility")
    time_zone = serializers.CharField(max_length=255)
    opening_times = known("Hours")
    charging_when_closed = serializers.BooleanField(default=True)
    images = listed("Image")
    energy_mix = known("EnergyMix")

    def validate_parking_type(self, value: str | None) -> str:
        return value or ""

    def validate_time_zone(self, value: str) -> str:
        if value not in available_timezones():
            raise serializers.ValidationError(["Use a name like Europe/Amsterdam."])
        return value


class LocationNew(LocationIn):
    id = OcpiId(source="ocpi_id")
    evses = EvseOfLocation(many=True, required=False)

    def validate_evses(self, evses: list[Fields]) -> list[Fields]:
        if len(evses) > MOST_PARTS:
            raise serializers.ValidationError([f"At most {MOST_PARTS}; add the others after."])
        return evses


class StationOut(serializers.ModelSerializer[ChargingStation]):
    """A charging station; OCPI has none. Its key is never shown again."""

    location_id = serializers.CharField(source="location.ocpi_id")
    evse_uids = serializers.SerializerMethodField()
    connected = serializers.BooleanField(source="connection.is_connected")
    connected_at = serializers.DateTimeField(source="connection.connected_at", allow_null=True)
    disconnected_at = serializers.DateTimeField(
        source="connection.disconnected_at", allow_null=True
    )
    last_seen_at = serializers.DateTimeField(source="connection.last_seen_at", allow_null=True)
    subprotocol = serializers.CharField(source="connection.subprotocol")

    class Meta:
        model = ChargingStation
        fields = [
            "identity", "location_id", "evse_uids", "security_profile", "strict", "connected",
            "connected_at", "disconnected_at", "last_seen_at", "subprotocol", "availability",
            "registration", "vendor", "model", "serial_number", "firmware_version", "iccid",
            "imsi", "meter_type", "meter_serial_number", "booted_at", "firmware_status",
            "diagnostics_status", "station_error_code", "created_at", "last_updated",
        ]  # fmt: skip

    def get_evse_uids(self, station: ChargingStation) -> list[str]:
        return [evse.uid for evse in station.evses.all()]


class StationCreated(StationOut):
    """A new station; `password` only where it was generated, shown now and never again."""

    password = serializers.CharField(required=False)

    class Meta(StationOut.Meta):
        fields = [*StationOut.Meta.fields, "password"]


class StationIn(serializers.Serializer[Any]):
    """What can be changed of a station. `evse_uids` in OCPP order: the first is number 1."""

    location_id = serializers.SlugRelatedField(
        source="location", slug_field="ocpi_id", queryset=Location.objects.all()
    )
    security_profile = serializers.IntegerField(min_value=1, max_value=3, default=1)
    strict = serializers.BooleanField(default=False)
    evse_uids = serializers.ListField(
        child=serializers.CharField(max_length=36), required=False, max_length=MOST_PARTS
    )

    def validate_evse_uids(self, uids: list[str]) -> list[str]:
        if len(set(uids)) < len(uids):
            raise serializers.ValidationError(["An EVSE is named twice."])
        return uids


class StationNew(StationIn):
    identity = serializers.CharField(trim_whitespace=False)
    password = serializers.CharField(
        trim_whitespace=False, required=False, min_length=8, max_length=64
    )

    def validate_identity(self, identity: str) -> str:
        if fault := fault_in_identity(identity):
            raise serializers.ValidationError([fault])
        return identity
