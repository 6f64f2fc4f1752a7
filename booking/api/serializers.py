"""Sessions, CDRs and tokens in OCPI 2.2.1's words (§9.3, §10.3, §12.3), and what it lacks."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.enums import (
    AuthMethod,
    AuthorizationStatus,
    SessionStatus,
    TokenType,
    WhitelistType,
)
from booking.models import Cdr, ChargingSession, MeterSample, Token
from stations.api.fields import OcpiField, OcpiId

WH_PER_KWH = 1000


class Price(serializers.Serializer[Any]):
    """OCPI Price (§16.5)."""

    excl_vat = serializers.FloatField()
    incl_vat = serializers.FloatField(required=False)


class CdrToken(serializers.Serializer[Any]):
    """OCPI CdrToken (§10.4.3)."""

    country_code = serializers.CharField()
    party_id = serializers.CharField()
    uid = serializers.CharField()
    type = serializers.ChoiceField(choices=TokenType.choices)
    contract_id = serializers.CharField()


class SessionOut(serializers.ModelSerializer[ChargingSession]):
    """OCPI Session; while it runs `total_cost` is what it costs so far."""

    country_code = serializers.CharField(source="evse.location.country_code")
    party_id = serializers.CharField(source="evse.location.party_id")
    start_date_time = serializers.DateTimeField(source="started_at")
    end_date_time = serializers.DateTimeField(source="ended_at", allow_null=True)
    kwh = serializers.SerializerMethodField()
    cdr_token = serializers.SerializerMethodField()
    auth_method = serializers.ChoiceField(choices=AuthMethod.choices)
    location_id = serializers.CharField(source="evse.location.ocpi_id")
    evse_uid = serializers.CharField(source="evse.uid")
    connector_id = serializers.SerializerMethodField()
    total_cost = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=SessionStatus.choices)
    station = serializers.SerializerMethodField()
    meter_start_kwh = serializers.SerializerMethodField()
    meter_stop_kwh = serializers.SerializerMethodField()
    tariff_id = serializers.SerializerMethodField()
    cdr_id = serializers.SerializerMethodField()

    class Meta:
        model = ChargingSession
        fields = [
            "country_code", "party_id", "id", "start_date_time", "end_date_time", "kwh",
            "cdr_token", "auth_method", "authorization_reference", "location_id", "evse_uid",
            "connector_id", "currency", "total_cost", "status", "station", "id_token", "power_w",
            "soc_percent", "last_meter_at", "meter_start_kwh", "meter_stop_kwh", "tariff_id",
            "stop_reason", "flags", "cdr_id", "last_updated",
        ]  # fmt: skip

    def get_kwh(self, session: ChargingSession) -> float:
        return session.energy_wh / WH_PER_KWH

    def get_meter_start_kwh(self, session: ChargingSession) -> float:
        return session.meter_start_wh / WH_PER_KWH

    def get_meter_stop_kwh(self, session: ChargingSession) -> float | None:
        return None if session.meter_stop_wh is None else session.meter_stop_wh / WH_PER_KWH

    @extend_schema_field(CdrToken)
    def get_cdr_token(self, session: ChargingSession) -> dict[str, str]:
        token, location = session.token, session.evse.location
        return {
            "country_code": (token and token.country_code) or location.country_code,
            "party_id": (token and token.party_id) or location.party_id,
            "uid": session.id_token,
            "type": token.type if token else TokenType.RFID.value,
            "contract_id": (token and token.contract_id) or session.id_token,
        }

    def get_connector_id(self, session: ChargingSession) -> str | None:
        """OCPP 1.6 does not tell the connectors of an EVSE apart: the first."""
        ids = sorted(connector.ocpi_id for connector in session.evse.connectors.all())
        return ids[0] if ids else None

    @extend_schema_field(Price(allow_null=True))
    def get_total_cost(self, session: ChargingSession) -> dict[str, Decimal] | None:
        if session.total_cost is None:
            return None
        cdr = self._cdr(session)
        incl_vat = cdr.total_incl_vat if cdr else None
        price = {"excl_vat": session.total_cost}
        return price if incl_vat is None else {**price, "incl_vat": incl_vat}

    def get_station(self, session: ChargingSession) -> str | None:
        return session.evse.station.identity if session.evse.station else None

    def get_tariff_id(self, session: ChargingSession) -> str | None:
        version = session.tariff_version
        return version.tariff.ocpi_id if version else None

    def get_cdr_id(self, session: ChargingSession) -> str | None:
        cdr = self._cdr(session)
        return str(cdr.pk) if cdr else None

    def _cdr(self, session: ChargingSession) -> Cdr | None:
        return session.cdr


class StartIn(serializers.Serializer[Any]):
    evse_uid = serializers.CharField(max_length=36)
    id_token = serializers.CharField(max_length=20, help_text="OCPP 1.6 idTag")


class SampleOut(serializers.ModelSerializer[MeterSample]):
    """What the meter showed at an instant: Wh, W, A, V, percent."""

    class Meta:
        model = MeterSample
        fields = [
            "measured_at", "received_at", "energy_wh", "power_w", "current_l1_a", "current_l2_a",
            "current_l3_a", "voltage_l1_v", "voltage_l2_v", "voltage_l3_v", "soc_percent",
            "other",
        ]  # fmt: skip
        extra_kwargs = {"other": {"help_text": "Measurands without a column of their own."}}


class CurveOut(serializers.Serializer[Any]):
    """Points of [milliseconds since 1970, value]."""

    power_w = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    soc_percent = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField())
    )


class CdrOut(serializers.ModelSerializer[Cdr]):
    """OCPI CDR (§10.3.1), as it was issued."""

    country_code = serializers.CharField(source="body.country_code")
    party_id = serializers.CharField(source="body.party_id")
    start_date_time = serializers.DateTimeField(source="started_at")
    end_date_time = serializers.DateTimeField(source="ended_at")
    cdr_token = CdrToken(source="body.cdr_token")
    auth_method = serializers.ChoiceField(source="body.auth_method", choices=AuthMethod.choices)
    cdr_location = OcpiField("CdrLocation", source="body.cdr_location")
    tariffs = OcpiField("Tariff", many=True, source="body.tariffs")
    charging_periods = OcpiField("ChargingPeriod", many=True, source="body.charging_periods")
    total_cost = Price(source="body.total_cost")
    total_fixed_cost = Price(required=False)
    total_energy = serializers.FloatField(source="body.total_energy")
    total_energy_cost = Price(required=False)
    total_time = serializers.FloatField(source="body.total_time")
    total_time_cost = Price(required=False)
    total_parking_cost = Price(required=False)
    last_updated = serializers.DateTimeField(source="issued_at")

    class Meta:
        model = Cdr
        fields = [
            "country_code", "party_id", "id", "start_date_time", "end_date_time", "session_id",
            "cdr_token", "auth_method", "cdr_location", "currency", "tariffs",
            "charging_periods", "total_cost", "total_fixed_cost", "total_energy",
            "total_energy_cost", "total_time", "total_time_cost", "total_parking_cost",
            "last_updated",
        ]  # fmt: skip

    def to_representation(self, instance: Cdr) -> Any:
        return instance.body


class CorrectionIn(serializers.Serializer[Any]):
    """What should have been billed; what is left out was right. `tariff_id`: by what this
    tariff says now. `void`: nothing should have been."""

    reason = serializers.CharField(max_length=255)
    total_energy = serializers.DecimalField(
        max_digits=9, decimal_places=3, min_value=Decimal(0), required=False, help_text="kWh"
    )
    end_date_time = serializers.DateTimeField(required=False)
    tariff_id = serializers.CharField(max_length=36, required=False)
    void = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["void"] and attrs.keys() & {"total_energy", "end_date_time", "tariff_id"}:
            raise serializers.ValidationError({"void": "Either void, or say what was wrong."})
        return attrs


class CorrectionOut(serializers.Serializer[Any]):
    """`cdr`: what holds now; null where nothing should have been billed."""

    credit = CdrOut()
    cdr = CdrOut(allow_null=True)


class TokenOut(serializers.ModelSerializer[Token]):
    """OCPI Token; the CPO's own have no party and an OCPP `status`. `id` names it in URLs."""

    default_profile_type = OcpiField("ProfileType", allow_null=True)
    energy_contract = OcpiField("EnergyContract", allow_null=True)

    class Meta:
        model = Token
        fields = [
            "id", "country_code", "party_id", "uid", "type", "contract_id", "visual_number",
            "issuer", "group_id", "valid", "whitelist", "language", "default_profile_type",
            "energy_contract", "status", "expires_at", "note", "created_at", "last_updated",
        ]  # fmt: skip


class TokenIn(serializers.Serializer[Any]):
    """What can be changed of a token."""

    contract_id = OcpiId(allow_blank=True, default="")
    visual_number = serializers.CharField(max_length=64, allow_blank=True, default="")
    issuer = serializers.CharField(max_length=64, allow_blank=True, default="")
    group_id = OcpiId(allow_blank=True, default="")
    valid = serializers.BooleanField(default=True)
    whitelist = serializers.ChoiceField(
        choices=WhitelistType.choices, default=WhitelistType.ALLOWED
    )
    language = serializers.CharField(max_length=2, allow_blank=True, default="")
    default_profile_type = OcpiField("ProfileType", allow_null=True, default=None)
    energy_contract = OcpiField("EnergyContract", allow_null=True, default=None)
    status = serializers.ChoiceField(
        choices=AuthorizationStatus.choices, default=AuthorizationStatus.ACCEPTED
    )
    expires_at = serializers.DateTimeField(allow_null=True, default=None)
    note = serializers.CharField(max_length=120, allow_blank=True, default="")

    def validate_default_profile_type(self, value: str | None) -> str:
        return value or ""


class TokenNew(TokenIn):
    country_code = serializers.RegexField(r"\A([A-Za-z]{2})?\Z", allow_blank=True, default="")
    party_id = serializers.RegexField(r"\A([A-Za-z0-9]{3})?\Z", allow_blank=True, default="")
    uid = OcpiId()
    type = serializers.ChoiceField(choices=TokenType.choices, default=TokenType.RFID)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["country_code"]) != bool(attrs["party_id"]):
            raise serializers.ValidationError(
                {"party_id": ["country_code and party_id go together."]}
            )
        return attrs


class OfferOut(serializers.Serializer[Any]):
    currency = serializers.CharField()
    energy_kwh = serializers.FloatField(allow_null=True)


class TypeStatusOut(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=["slow", "fast", "rapid"])
    total = serializers.IntegerField()
    available = serializers.IntegerField()
    price = OfferOut(allow_null=True)
    first_free_at = serializers.DateTimeField(allow_null=True)


class ExternalStatusOut(serializers.Serializer[Any]):
    """What drivers may know of a location: sockets by type, price, when one is free."""

    location_id = serializers.CharField()
    types = TypeStatusOut(many=True)
