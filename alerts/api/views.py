"""Alerts over REST: read by all staff, taken on by operators."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ID_PATTERN, valid, who
from accounts.permissions import OPERATE
from alerts import selectors, services
from alerts.api import serializers as shapes
from alerts.api.filters import AlertFilter
from alerts.models import Alert


class AlertViewSet(ListModelMixin, GenericViewSet[Alert]):
    """What needs a person, or did."""

    rule = OPERATE
    serializer_class = shapes.AlertOut
    queryset = selectors.alerts()
    filterset_class = AlertFilter
    orderings = {"opened_at": "opened_at", "since": "since", "id": "pk"}
    ordering = ("-opened_at", "-pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = ID_PATTERN

    @extend_schema(responses=shapes.AlertOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return _alert(int(id))

    @extend_schema(request=shapes.TakeOnIn, responses=shapes.AlertOut)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Take it on: it waits for nobody else, until it is over or for a while."""
        fields = valid(shapes.TakeOnIn(data=request.data))
        services.take_on(alert_id=int(id), user=who(request), now=timezone.now(), **fields)
        return _alert(int(id))

    @extend_schema(request=None, responses=shapes.AlertOut)
    @action(detail=True, methods=["post"], url_path="hand-back")
    def hand_back(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """It waits for a person again."""
        services.hand_back(alert_id=int(id))
        return _alert(int(id))


def _alert(pk: int) -> Response:
    return Response(shapes.AlertOut(selectors.alert_by_id(pk)).data)
