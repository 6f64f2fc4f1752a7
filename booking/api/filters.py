"""What lists of sessions, CDRs and tokens can be narrowed by."""

import django_filters as filters

from accounts.api.filters import YesNo
from booking.enums import AuthorizationStatus, ReservationStatus, SessionStatus, TokenType
from booking.models import Cdr, ChargingSession, Reservation, Token


class SessionFilter(filters.FilterSet):  # type: ignore[misc]
    """`date_from`, `date_to` as in OCPI (§9.2.1): over `last_updated`."""

    status = filters.MultipleChoiceFilter(choices=SessionStatus.choices)
    evse_uid = filters.CharFilter(field_name="evse__uid")
    location_id = filters.CharFilter(field_name="evse__location__ocpi_id")
    station = filters.CharFilter(field_name="evse__station__identity")
    id_token = filters.CharFilter(lookup_expr="iexact")
    started_from = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="gte")
    started_to = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="lt")
    date_from = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="lt")

    class Meta:
        model = ChargingSession
        fields: list[str] = []


class ReservationFilter(filters.FilterSet):  # type: ignore[misc]
    """`ends_after`, `starts_before`: those with a moment between the two."""

    status = filters.MultipleChoiceFilter(choices=ReservationStatus.choices)
    evse_uid = filters.CharFilter(field_name="evse__uid")
    location_id = filters.CharFilter(field_name="evse__location__ocpi_id")
    station = filters.CharFilter(field_name="evse__station__identity")
    id_token = filters.CharFilter(lookup_expr="iexact")
    ends_after = filters.IsoDateTimeFilter(field_name="ends_at", lookup_expr="gt")
    starts_before = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")
    date_from = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="lt")

    class Meta:
        model = Reservation
        fields: list[str] = []


class CdrFilter(filters.FilterSet):  # type: ignore[misc]
    """`date_from`, `date_to` as in OCPI (§10.2.1): over `last_updated`, when it was issued."""

    session_id = filters.UUIDFilter()
    evse_uid = filters.CharFilter(field_name="session__evse__uid")
    location_id = filters.CharFilter(field_name="session__evse__location__ocpi_id")
    id_token = filters.CharFilter(field_name="session__id_token", lookup_expr="iexact")
    date_from = filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="lt")

    class Meta:
        model = Cdr
        fields: list[str] = []


class TokenFilter(filters.FilterSet):  # type: ignore[misc]
    uid = filters.CharFilter(lookup_expr="iexact")
    type = filters.ChoiceFilter(choices=TokenType.choices)
    status = filters.ChoiceFilter(choices=AuthorizationStatus.choices)
    valid = YesNo()
    country_code = filters.CharFilter(lookup_expr="iexact")
    party_id = filters.CharFilter(lookup_expr="iexact")
    group_id = filters.CharFilter(lookup_expr="iexact")
    date_from = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="lt")

    class Meta:
        model = Token
        fields: list[str] = []
