"""The internal status of a location and its energy sources report, over REST."""

from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import OPERATE
from energy import selectors
from energy.errors import InvalidFormat
from energy.rendering import FORMATS, download
from energy.selectors.status import InternalStatus
from stations.selectors import location_by_id


class BatteryNow(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    energy_kwh = serializers.FloatField(allow_null=True)
    soc = serializers.FloatField(allow_null=True)
    power_kw = serializers.FloatField(allow_null=True)
    out_of_plan = serializers.CharField()


class SourceLimitOut(serializers.Serializer[Any]):
    source = serializers.CharField(source="source.name")  # type: ignore[assignment]
    import_kw = serializers.FloatField()
    contracted_kw = serializers.FloatField(source="source.import_limit_kw")


class LimitsOut(serializers.Serializer[Any]):
    """kW; `site` null: nothing limits it."""

    site_kw = serializers.FloatField(allow_null=True)
    sources = SourceLimitOut(many=True)


class FlowsOut(serializers.Serializer[Any]):
    """kW, into the site positive (a battery's discharging comes in); null: not known."""

    vehicles = serializers.FloatField()
    photovoltaics = serializers.FloatField(allow_null=True)
    battery = serializers.FloatField(allow_null=True)
    grid = serializers.FloatField(allow_null=True)
    by_source = serializers.DictField(child=serializers.FloatField())
    is_estimated = serializers.BooleanField()


class InternalStatusOut(serializers.Serializer[Any]):
    """What goes on inside a location."""

    location_id = serializers.CharField(source="location.ocpi_id")
    batteries = BatteryNow(many=True)
    vehicles_charging = serializers.IntegerField()
    policy = serializers.CharField(source="policy.kind")
    limits = serializers.SerializerMethodField()
    flows_kw = FlowsOut(source="flows")

    @extend_schema_field(LimitsOut)
    def get_limits(self, status: InternalStatus) -> Any:
        held = {"site_kw": status.site_limit_kw, "sources": status.limits}
        return LimitsOut(held).data


class InternalStatusView(APIView):
    """What goes on inside a location, for who runs it."""

    rule = OPERATE

    @extend_schema(responses=InternalStatusOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        found = selectors.internal_status(location_by_id(id), timezone.now())
        return Response(InternalStatusOut(found).data)


class SourceOut(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment]
    kwh = serializers.FloatField()
    to_vehicles_kwh = serializers.FloatField()
    losses_kwh = serializers.FloatField()
    cost = serializers.FloatField(allow_null=True)
    co2_kg = serializers.FloatField(allow_null=True)


class ReportOut(serializers.Serializer[Any]):
    """The sum of all sources is `ev_kwh` and `losses_kwh`. `notes` say what is estimated."""

    location_id = serializers.CharField()
    month = serializers.CharField(source="period")
    currency = serializers.CharField()
    sources = SourceOut(many=True, source="lines")
    ev_kwh = serializers.FloatField()
    losses_kwh = serializers.FloatField()
    cost = serializers.FloatField(allow_null=True)
    co2_kg = serializers.FloatField(allow_null=True)
    estimated = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())


class EnergyReportView(APIView):
    """Where the energy of a month came from."""

    rule = OPERATE

    @extend_schema(
        parameters=[
            OpenApiParameter("month", str, required=True, description="2026-10, 2026-Q4 or 2026"),
            OpenApiParameter("format", str, enum=["json", *FORMATS]),
        ],
        responses={
            (200, "application/json"): ReportOut,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/pdf"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:  # noqa: A002 -- the name in the URL
        location = location_by_id(id)
        wanted = request.query_params.get("format", "json")
        if wanted != "json" and wanted not in FORMATS:
            raise InvalidFormat
        month = request.query_params.get("month", "")
        report = selectors.energy_report(location, month, timezone.now())
        if wanted == "json":
            return Response(ReportOut(report).data)
        return download(wanted, location, report)
