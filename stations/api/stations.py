"""Charging stations over REST: their identity, key and commands."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ANY_TEXT, changed, require, valid, who
from accounts.enums import Role
from accounts.permissions import ADMINISTER, CONFIGURE, OPERATE
from stations import selectors, services
from stations.api import filters
from stations.api import serializers as shapes
from stations.api.commands import CommandIn, CommandOut
from stations.models import ChargingStation

KEY_ONCE = inline_serializer(
    "StationKey",
    {"identity": serializers.CharField(), "password": serializers.CharField()},
)


class StationViewSet(ListModelMixin, GenericViewSet[ChargingStation]):
    """The devices that connect to us."""

    rule = CONFIGURE
    serializer_class = shapes.StationOut
    queryset = selectors.whole_stations()
    filterset_class = filters.StationFilter
    orderings = {
        "identity": "identity",
        "created_at": "created_at",
        "last_updated": "last_updated",
    }
    ordering = ("identity",)
    lookup_url_kwarg = "identity"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=shapes.StationOut)
    def retrieve(self, request: Request, identity: str) -> Response:
        return Response(_body(identity))

    @extend_schema(request=shapes.StationNew, responses={201: shapes.StationCreated})
    def create(self, request: Request) -> Response:
        """A new station. Without `password` a key is generated, and shown here only."""
        fields = valid(shapes.StationNew(data=request.data))
        generated = services.add_station(fields=fields, now=timezone.now())
        body = _body(fields["identity"])
        if generated is not None:
            body["password"] = generated
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.StationIn, responses=shapes.StationOut)
    def update(self, request: Request, identity: str, *, partial: bool = False) -> Response:
        station = selectors.station_by_identity(identity)
        fields = valid(shapes.StationIn(data=request.data, partial=partial))
        evse_uids = fields.pop("evse_uids", None)
        services.change_station(
            station=changed(station, fields), evse_uids=evse_uids, now=timezone.now()
        )
        return Response(_body(identity))

    @extend_schema(request=shapes.StationIn(partial=True), responses=shapes.StationOut)
    def partial_update(self, request: Request, identity: str) -> Response:
        return self.update(request, identity, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, identity: str) -> Response:
        station = selectors.station_by_identity(identity)
        services.delete_station(station=station, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=CommandIn, responses={202: CommandOut})
    @action(detail=True, methods=["post"], rule=OPERATE)
    def commands(self, request: Request, identity: str) -> Response:
        """Any OCPP request; how it ended is told at `/commands/{id}`."""
        station = selectors.station_by_identity(identity)
        fields = valid(CommandIn(data=request.data))
        if services.sets_key(fields["action"], fields["payload"]):
            require(Role.ADMINISTRATOR, request)  # as for the routes below
        command = services.issue_command(
            station=station, now=timezone.now(), issued_by=who(request), **fields
        )
        return Response(CommandOut(command).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={201: KEY_ONCE})
    @action(detail=True, methods=["post"], rule=ADMINISTER)
    def key(self, request: Request, identity: str) -> Response:
        """A new key, to be entered at the station: shown here only. The old one is dead."""
        station = selectors.station_by_identity(identity)
        password = services.set_new_key(station=station)
        body = {"identity": identity, "password": password}
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={202: CommandOut})
    @action(detail=True, methods=["post"], rule=ADMINISTER, url_path="key/rotate")
    def rotate_key(self, request: Request, identity: str) -> Response:
        """A new key over the connection; nobody sees it. Until the station answered, the old
        one is accepted too."""
        station = selectors.station_by_identity(identity)
        command = services.rotate_key(station=station, now=timezone.now(), issued_by=who(request))
        return Response(CommandOut(command).data, status=status.HTTP_202_ACCEPTED)


def _body(identity: str) -> dict[str, Any]:
    station = selectors.station_by_identity(identity)
    whole = selectors.whole_stations().get(pk=station.pk)
    return dict(shapes.StationOut(whole).data)
