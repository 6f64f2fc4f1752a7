"""Locations, EVSEs and connectors over REST."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ANY_TEXT, changed, valid, who
from accounts.permissions import CONFIGURE, OPERATE
from stations import selectors, services
from stations.api import filters
from stations.api import serializers as shapes
from stations.api.commands import AvailabilityIn, CommandOut
from stations.models import Connector, Evse, Location


class LocationViewSet(ListModelMixin, GenericViewSet[Location]):
    """Sites, with their EVSEs and connectors (OCPI Location)."""

    rule = CONFIGURE
    serializer_class = shapes.LocationOut
    queryset = selectors.whole_locations()
    filterset_class = filters.LocationFilter
    orderings = {"id": "ocpi_id", "name": "name", "city": "city", "last_updated": "last_updated"}
    ordering = ("ocpi_id",)
    lookup_url_kwarg = "id"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=shapes.LocationOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return _location(id)

    @extend_schema(request=shapes.LocationNew, responses={201: shapes.LocationOut})
    def create(self, request: Request) -> Response:
        fields = valid(shapes.LocationNew(data=request.data))
        evses = fields.pop("evses", [])
        services.save_location(location=Location(**fields), evses=evses, now=timezone.now())
        return _location(fields["ocpi_id"], status.HTTP_201_CREATED)

    @extend_schema(request=shapes.LocationIn, responses=shapes.LocationOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        location = selectors.location_by_id(id)
        fields = valid(shapes.LocationIn(data=request.data, partial=partial))
        services.save_location(location=changed(location, fields), now=timezone.now())
        return _location(id)

    @extend_schema(request=shapes.LocationIn(partial=True), responses=shapes.LocationOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.delete_location(location=selectors.location_by_id(id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EvseViewSet(ListModelMixin, GenericViewSet[Evse]):
    """What serves one car at a time (OCPI EVSE)."""

    rule = CONFIGURE
    serializer_class = shapes.EvseOut
    queryset = selectors.whole_evses()
    filterset_class = filters.EvseFilter
    orderings = {"uid": "uid", "last_updated": "last_updated"}
    ordering = ("uid",)
    lookup_url_kwarg = "uid"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=shapes.EvseOut)
    def retrieve(self, request: Request, uid: str) -> Response:
        return _evse(uid)

    @extend_schema(request=shapes.EvseNew, responses={201: shapes.EvseOut})
    def create(self, request: Request) -> Response:
        fields = valid(shapes.EvseNew(data=request.data))
        connectors = fields.pop("connectors", None)
        services.save_evse(evse=Evse(**fields), connectors=connectors, now=timezone.now())
        return _evse(fields["uid"], status.HTTP_201_CREATED)

    @extend_schema(request=shapes.EvseIn, responses=shapes.EvseOut)
    def update(self, request: Request, uid: str, *, partial: bool = False) -> Response:
        evse = selectors.evse_by_uid(uid)
        fields = valid(shapes.EvseIn(data=request.data, partial=partial))
        connectors = fields.pop("connectors", None)
        services.save_evse(evse=changed(evse, fields), connectors=connectors, now=timezone.now())
        return _evse(uid)

    @extend_schema(request=shapes.EvseIn(partial=True), responses=shapes.EvseOut)
    def partial_update(self, request: Request, uid: str) -> Response:
        return self.update(request, uid, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        services.remove_evse(evse=selectors.evse_by_uid(uid), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=AvailabilityIn, responses={202: CommandOut})
    @action(detail=True, methods=["put", "patch", "post"], rule=OPERATE)
    def availability(self, request: Request, uid: str) -> Response:
        """In or out of service: ChangeAvailability, kept for a station that is away."""
        evse = selectors.evse_by_uid(uid)
        fields = valid(AvailabilityIn(data=request.data))
        command = services.change_availability(
            evse=evse, now=timezone.now(), issued_by=who(request), **fields
        )
        return Response(CommandOut(command).data, status=status.HTTP_202_ACCEPTED)


class ConnectorViewSet(ListModelMixin, GenericViewSet[Connector]):
    """Sockets and cables (OCPI Connector), by `evse_uid:id`."""

    rule = CONFIGURE
    serializer_class = shapes.ConnectorOut
    queryset = selectors.connectors()
    filterset_class = filters.ConnectorFilter
    orderings = {"last_updated": "last_updated", "standard": "standard"}
    ordering = ("pk",)
    lookup_url_kwarg = "key"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=shapes.ConnectorOut)
    def retrieve(self, request: Request, key: str) -> Response:
        return Response(shapes.ConnectorOut(selectors.connector_by_key(key)).data)

    @extend_schema(request=shapes.ConnectorNew, responses={201: shapes.ConnectorOut})
    def create(self, request: Request) -> Response:
        fields = valid(shapes.ConnectorNew(data=request.data))
        evse = fields.pop("evse")
        connector = services.add_connector(evse=evse, fields=fields, now=timezone.now())
        return Response(shapes.ConnectorOut(connector).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ConnectorIn, responses=shapes.ConnectorOut)
    def update(self, request: Request, key: str, *, partial: bool = False) -> Response:
        connector = selectors.connector_by_key(key)
        fields = valid(shapes.ConnectorIn(data=request.data, partial=partial))
        services.change_connector(connector=connector, fields=fields, now=timezone.now())
        return Response(shapes.ConnectorOut(selectors.connector_by_key(key)).data)

    @extend_schema(request=shapes.ConnectorIn(partial=True), responses=shapes.ConnectorOut)
    def partial_update(self, request: Request, key: str) -> Response:
        return self.update(request, key, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, key: str) -> Response:
        services.delete_connector(connector=selectors.connector_by_key(key), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _location(ocpi_id: str, code: int = status.HTTP_200_OK) -> Response:
    location = selectors.location_by_id(ocpi_id)
    whole = selectors.whole_locations().get(pk=location.pk)
    return Response(shapes.LocationOut(whole).data, status=code)


def _evse(uid: str, code: int = status.HTTP_200_OK) -> Response:
    evse = selectors.evse_by_uid(uid)
    return Response(shapes.EvseOut(selectors.whole_evses().get(pk=evse.pk)).data, status=code)
