"""Dynamic tariffs over REST."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ANY_TEXT, changed, valid
from accounts.permissions import CONFIGURE
from energy import selectors, services
from energy.api.supply_shapes import of_location
from energy.models import DynamicTariff


class Amount(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        said = {"max_digits": 8, "decimal_places": 4, "coerce_to_string": False, **kwargs}
        super().__init__(**said)


class DynamicTariffOut(serializers.ModelSerializer[DynamicTariff]):
    """`days`: the prices as published, by local day and hour."""

    id = serializers.CharField(source="ocpi_id")
    location_id = serializers.CharField(source="location.ocpi_id")
    days = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))

    class Meta:
        model = DynamicTariff
        fields = ["id", "location_id", "is_active", "margin_kwh", "margin_percent", "floor_kwh",
                  "ceiling_kwh", "largest_change_kwh", "efficiency", "vat", "publish_at",
                  "published_for", "days", "note", "last_updated"]  # fmt: skip


class DynamicTariffIn(serializers.Serializer[Any]):
    """price = (marginal cost / efficiency + margin_kwh) × (1 + margin_percent), between floor and
    ceiling, and no further than `largest_change_kwh` from the mean of the day before. Before
    VAT."""

    is_active = serializers.BooleanField(required=False)
    margin_kwh = Amount(required=False, min_value=-100, max_value=100)
    margin_percent = Amount(
        required=False, max_digits=6, decimal_places=2, min_value=-100, max_value=1000
    )
    floor_kwh = Amount(required=False, min_value=0, max_value=100)
    ceiling_kwh = Amount(required=False, min_value=0, max_value=100)
    largest_change_kwh = Amount(
        required=False, allow_null=True, min_value=Decimal("0.0001"), max_value=100
    )
    efficiency = Amount(
        required=False, max_digits=4, decimal_places=3, min_value=Decimal("0.001"), max_value=1
    )
    vat = Amount(
        required=False, allow_null=True, max_digits=5, decimal_places=2, min_value=0, max_value=100
    )
    publish_at = serializers.TimeField(required=False)


class DynamicTariffNew(DynamicTariffIn):
    id = serializers.RegexField(r"\A[\x21-\x7e]+\Z", source="ocpi_id", max_length=36)
    location_id = of_location()


class DynamicTariffViewSet(ListModelMixin, GenericViewSet[DynamicTariff]):
    """Tariffs whose prices follow what energy costs."""

    rule = CONFIGURE
    serializer_class = DynamicTariffOut
    queryset = DynamicTariff.objects.select_related("location")
    orderings = {"id": "ocpi_id"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=DynamicTariffOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(DynamicTariffOut(selectors.dynamic_by_id(id)).data)

    @extend_schema(request=DynamicTariffNew, responses={201: DynamicTariffOut})
    def create(self, request: Request) -> Response:
        made = DynamicTariff(**valid(DynamicTariffNew(data=request.data)))
        services.save_dynamic(dynamic=made, now=timezone.now())
        shown = DynamicTariffOut(selectors.dynamic_by_id(made.ocpi_id)).data
        return Response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(request=DynamicTariffIn, responses=DynamicTariffOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        found = selectors.dynamic_by_id(id)
        fields = valid(DynamicTariffIn(data=request.data, partial=partial))
        services.save_dynamic(dynamic=changed(found, fields), now=timezone.now())
        return self.retrieve(request, id)

    @extend_schema(request=DynamicTariffIn(partial=True), responses=DynamicTariffOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.delete_dynamic(dynamic=selectors.dynamic_by_id(id))
        return Response(status=status.HTTP_204_NO_CONTENT)
