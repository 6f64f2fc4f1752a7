"""Tariffs over REST."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ANY_TEXT, valid, who
from accounts.permissions import CONFIGURE
from tariffs import selectors, services
from tariffs.api import serializers as shapes
from tariffs.api.filters import TariffFilter
from tariffs.models import Tariff


class TariffViewSet(ListModelMixin, GenericViewSet[Tariff]):
    """Price plans (OCPI Tariff). Sessions keep the version they started with."""

    rule = CONFIGURE
    serializer_class = shapes.TariffOut
    queryset = selectors.whole_tariffs()
    filterset_class = TariffFilter
    orderings = {"id": "ocpi_id", "last_updated": "last_updated"}
    ordering = ("ocpi_id",)
    lookup_url_kwarg = "id"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=shapes.TariffOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return _tariff(id)

    @extend_schema(request=shapes.TariffNew, responses={201: shapes.TariffOut})
    def create(self, request: Request) -> Response:
        fields = valid(shapes.TariffNew(data=request.data))
        places = fields.pop("places", None)
        services.add_tariff(body=fields, places=places, now=timezone.now(), created_by=who(request))
        return _tariff(fields["id"], status.HTTP_201_CREATED)

    @extend_schema(request=shapes.TariffIn, responses=shapes.TariffOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        tariff = selectors.tariff_by_id(id)
        fields: dict[str, Any] = valid(shapes.TariffIn(data=request.data, partial=partial))
        places = fields.pop("places", None)
        services.change_tariff(
            tariff=tariff,
            content=selectors.content_of(tariff) | fields if partial else fields,
            places=places,
            now=timezone.now(),
            created_by=who(request),
        )
        return _tariff(id)

    @extend_schema(request=shapes.TariffIn(partial=True), responses=shapes.TariffOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.delete_tariff(tariff=selectors.tariff_by_id(id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _tariff(ocpi_id: str, code: int = status.HTTP_200_OK) -> Response:
    return Response(shapes.TariffOut(selectors.tariff_by_id(ocpi_id)).data, status=code)
