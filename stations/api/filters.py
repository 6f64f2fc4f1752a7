"""What lists of places can be narrowed by."""

import django_filters as filters

from accounts.api.filters import YesNo
from stations.enums import Availability, ConnectorFormat, EvseStatus, PowerType
from stations.models import ChargingStation, Connector, Evse, Location


class UpdatedBetween(filters.FilterSet):  # type: ignore[misc]
    """OCPI's `date_from` (inclusive) and `date_to` (exclusive) over `last_updated`."""

    date_from = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="gte")
    date_to = filters.IsoDateTimeFilter(field_name="last_updated", lookup_expr="lt")


class LocationFilter(UpdatedBetween):
    name = filters.CharFilter(lookup_expr="icontains")
    city = filters.CharFilter(lookup_expr="iexact")
    country = filters.CharFilter(lookup_expr="iexact")
    publish = YesNo()

    class Meta:
        model = Location
        fields: list[str] = []


class StationFilter(UpdatedBetween):
    identity = filters.CharFilter(lookup_expr="icontains")
    location_id = filters.CharFilter(field_name="location__ocpi_id")
    vendor = filters.CharFilter(lookup_expr="iexact")
    connected = YesNo(method="by_connected")

    class Meta:
        model = ChargingStation
        fields: list[str] = []

    def by_connected(self, queryset: object, name: str, value: bool) -> object:  # noqa: FBT001 -- django-filter's signature
        holds = {
            "connection__connected_at__isnull": False,
            "connection__disconnected_at__isnull": True,
        }
        return queryset.filter(**holds) if value else queryset.exclude(**holds)  # type: ignore[attr-defined]


class EvseFilter(UpdatedBetween):
    location_id = filters.CharFilter(field_name="location__ocpi_id")
    station = filters.CharFilter(field_name="station__identity")
    reported_status = filters.ChoiceFilter(field_name="status", choices=EvseStatus.choices)
    availability = filters.ChoiceFilter(choices=Availability.choices)

    class Meta:
        model = Evse
        fields: list[str] = []


class ConnectorFilter(UpdatedBetween):
    evse_uid = filters.CharFilter(field_name="evse__uid")
    location_id = filters.CharFilter(field_name="evse__location__ocpi_id")
    standard = filters.CharFilter()
    format = filters.ChoiceFilter(choices=ConnectorFormat.choices)
    power_type = filters.ChoiceFilter(choices=PowerType.choices)

    class Meta:
        model = Connector
        fields: list[str] = []
