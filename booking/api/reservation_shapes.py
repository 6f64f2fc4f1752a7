"""Reservations in the words of OCPI 2.3.0's bookings, and what the CPO knows beside them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking.enums import CanceledBy, HeldBy, ReservationStatus
from booking.models import ChargingSession, Reservation
from stations.api.fields import OcpiField


class ReservationOut(serializers.ModelSerializer[Reservation]):
    """The EVSE is kept for the driver from `hold_at` on until they come, `keep_until` at most;
    `id` is OCPP's reservationId. `session_id`: the session that began with it."""

    location_id = serializers.CharField(source="evse.location.ocpi_id")
    evse_uid = serializers.CharField(source="evse.uid")
    station = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=ReservationStatus.choices)
    held_by = serializers.SerializerMethodField()
    canceled_by = serializers.SerializerMethodField()
    session_id = serializers.SerializerMethodField()
    cdr_id = serializers.SerializerMethodField()

    class Meta:
        model = Reservation
        fields = [
            "id", "status", "location_id", "evse_uid", "station", "connector_standard", "id_token",
            "group_id", "country_code", "party_id", "reference", "authorization_reference",
            "starts_at", "ends_at", "hold_at", "keep_until", "cancel_until", "held_by",
            "canceled_by", "cancel_reason", "released_at", "session_id", "cdr_id", "created_at",
            "last_updated",
        ]  # fmt: skip

    def get_station(self, reservation: Reservation) -> str | None:
        return reservation.evse.station.identity if reservation.evse.station else None

    @extend_schema_field(
        serializers.ChoiceField(choices=[word for word in HeldBy.values if word], allow_null=True)
    )
    def get_held_by(self, reservation: Reservation) -> str | None:
        return reservation.held_by or None

    @extend_schema_field(serializers.ChoiceField(choices=CanceledBy.choices, allow_null=True))
    def get_canceled_by(self, reservation: Reservation) -> str | None:
        return reservation.canceled_by or None

    def get_session_id(self, reservation: Reservation) -> str | None:
        session = _session(reservation)
        return str(session.pk) if session else None

    def get_cdr_id(self, reservation: Reservation) -> str | None:
        session = _session(reservation)
        cdr = session.cdr if session else None
        return str(cdr.pk) if cdr else None


def _session(reservation: Reservation) -> ChargingSession | None:
    return next(iter(reservation.sessions.all()), None)


class WindowIn(serializers.Serializer[Any]):
    """[starts_at, ends_at): windows may follow each other without a gap."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class ReservationIn(serializers.Serializer[Any]):
    """Either this EVSE, or any with such a connector at a location."""

    evse_uid = serializers.CharField(max_length=36, required=False)
    location_id = serializers.CharField(max_length=36, required=False)
    connector_standard = OcpiField("ConnectorType", required=False)
    id_token = serializers.CharField(max_length=36)
    starts_at = serializers.DateTimeField(required=False, help_text="Now, where it is left out.")
    ends_at = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_any = {"location_id", "connector_standard"} <= attrs.keys()
        if is_any == ("evse_uid" in attrs):
            raise serializers.ValidationError(
                {"evse_uid": ["Give this, or location_id with connector_standard."]}
            )
        return attrs
