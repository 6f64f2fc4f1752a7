"""Batteries over REST."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import changed, valid, who
from accounts.permissions import CONFIGURE
from energy import selectors, services
from energy.api import serializers as shapes
from energy.api.filters import BatteryFilter
from energy.errors import NeverTested
from energy.models import Battery


class BatteryViewSet(ListModelMixin, GenericViewSet[Battery]):
    """Stationary batteries of locations."""

    rule = CONFIGURE
    serializer_class = shapes.BatteryOut
    queryset = selectors.batteries()
    filterset_class = BatteryFilter
    orderings = {"id": "pk", "name": "name", "last_updated": "last_updated"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9]{1,20}"

    @extend_schema(responses=shapes.BatteryOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return _battery(id)

    @extend_schema(request=shapes.BatteryNew, responses={201: shapes.BatteryOut})
    def create(self, request: Request) -> Response:
        fields = valid(shapes.BatteryNew(data=request.data))
        made = services.save_battery(battery=Battery(**fields), now=timezone.now())
        return _battery(str(made.pk), status.HTTP_201_CREATED)

    @extend_schema(request=shapes.BatteryIn, responses=shapes.BatteryOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        battery = selectors.battery_by_id(id)
        fields = valid(shapes.BatteryIn(data=request.data, partial=partial))
        services.save_battery(battery=changed(battery, fields), now=timezone.now())
        return _battery(id)

    @extend_schema(request=shapes.BatteryIn(partial=True), responses=shapes.BatteryOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.remove_battery(battery=selectors.battery_by_id(id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={202: shapes.SignTestOut})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Have its sign found out: it charges with a small power for half a minute or more."""
        test = services.ask_test(
            battery=selectors.battery_by_id(id), now=timezone.now(), asked_by=who(request)
        )
        return Response(shapes.SignTestOut(test).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=shapes.SignTestOut)
    @test.mapping.get
    def last_test(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """The last test of its sign, with its steps."""
        test = selectors.last_test(selectors.battery_by_id(id))
        if test is None:
            raise NeverTested(id=id)
        return Response(shapes.SignTestOut(test).data)


def _battery(number: str, code: int = status.HTTP_200_OK) -> Response:
    return Response(shapes.BatteryOut(selectors.battery_by_id(number)).data, status=code)
