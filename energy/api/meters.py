"""Meters of sites over REST, and the readings of those that nobody can be asked for."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import changed, valid
from accounts.permissions import CONFIGURE, OPERATE
from energy import selectors, services
from energy.api.filters import MeterFilter
from energy.api.serializers import HOST, MOST_PORT, MOST_UNIT, Finite
from energy.enums import MeterDriver, MeterRole
from energy.models import SiteMeter, SupplySource
from energy.services.meters import MOST_READINGS, Sent
from stations.models import ChargingStation, Location


class MeterOut(serializers.ModelSerializer[SiteMeter]):
    """A meter with its state; `power_kw` is positive into the site."""

    location_id = serializers.CharField(source="location.ocpi_id")
    source_id = serializers.IntegerField(allow_null=True)
    station = serializers.CharField(source="station.identity", allow_null=True, default=None)

    class Meta:
        model = SiteMeter
        fields = [
            "id", "location_id", "name", "role", "source_id", "driver", "station", "host", "port",
            "unit_id", "register_map", "is_turned", "power_kw", "read_at", "fault", "last_updated",
        ]  # fmt: skip


class MeterIn(serializers.Serializer[Any]):
    """`role` SUPPLY: of one supply source (`source_id`); PV; SITE: of all of them together.
    `driver` upload: its readings are sent; ocpp: it is the main meter (connector 0) of `station`."""

    name = serializers.CharField(max_length=64)
    role = serializers.ChoiceField(choices=MeterRole.choices)
    source_id = serializers.PrimaryKeyRelatedField(
        source="source", queryset=SupplySource.objects.all(), allow_null=True, default=None
    )
    driver = serializers.ChoiceField(choices=MeterDriver.choices, default=MeterDriver.SUNSPEC)
    station = serializers.SlugRelatedField(
        slug_field="identity", queryset=ChargingStation.objects.all(), allow_null=True, default=None
    )
    host = serializers.RegexField(HOST, max_length=253, allow_blank=True, default="")
    port = serializers.IntegerField(min_value=1, max_value=MOST_PORT, default=502)
    unit_id = serializers.IntegerField(min_value=0, max_value=MOST_UNIT, default=1)
    register_map = serializers.CharField(max_length=64, allow_blank=True, default="")
    is_turned = serializers.BooleanField(default=False)


class MeterNew(MeterIn):
    location_id = serializers.SlugRelatedField(
        source="location", slug_field="ocpi_id", queryset=Location.objects.all()
    )


class ReadingIn(serializers.Serializer[Any]):
    """Counters at a moment: what came into the site and what went out of it, since ever."""

    at = serializers.DateTimeField()
    in_kwh = Finite()
    out_kwh = Finite(default=0.0)


class ReadingsIn(serializers.Serializer[Any]):
    readings = serializers.ListField(child=ReadingIn(), allow_empty=False, max_length=MOST_READINGS)


class ReadingsTaken(serializers.Serializer[Any]):
    stored = serializers.IntegerField(help_text="how many were not known yet")


class MeterViewSet(ListModelMixin, GenericViewSet[SiteMeter]):
    """Meters of supplies, of photovoltaics, of whole sites."""

    rule = CONFIGURE
    serializer_class = MeterOut
    queryset = selectors.meters()
    filterset_class = MeterFilter
    orderings = {"id": "pk", "name": "name", "last_updated": "last_updated"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9]{1,20}"

    @extend_schema(responses=MeterOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return _meter(id)

    @extend_schema(request=MeterNew, responses={201: MeterOut})
    def create(self, request: Request) -> Response:
        fields = valid(MeterNew(data=request.data))
        made = services.save_meter(meter=SiteMeter(**fields), now=timezone.now())
        return _meter(str(made.pk), status.HTTP_201_CREATED)

    @extend_schema(request=MeterIn, responses=MeterOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        meter = selectors.meter_by_id(id)
        fields = valid(MeterIn(data=request.data, partial=partial))
        services.save_meter(meter=changed(meter, fields), now=timezone.now())
        return _meter(id)

    @extend_schema(request=MeterIn(partial=True), responses=MeterOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.remove_meter(meter=selectors.meter_by_id(id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ReadingsIn, responses=ReadingsTaken)
    @action(detail=True, methods=["post"], rule=OPERATE)
    def readings(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Send counters, in the order of time; sent again they do no harm."""
        meter = selectors.meter_by_id(id)
        sent = [Sent(**one) for one in valid(ReadingsIn(data=request.data))["readings"]]
        stored = services.take_readings(meter=meter, sent=sent, now=timezone.now())
        return Response(ReadingsTaken({"stored": stored}).data)


def _meter(number: str, code: int = status.HTTP_200_OK) -> Response:
    return Response(MeterOut(selectors.meter_by_id(number)).data, status=code)
