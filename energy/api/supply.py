"""Supply sources, contracts, limits and prices over REST."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ANY_TEXT, changed, valid
from accounts.permissions import CONFIGURE, OPERATE
from energy import selectors, services
from energy.api import supply_shapes as shapes
from energy.api.filters import (
    CapacityLimitFilter,
    PriceFilter,
    SupplyContractFilter,
    SupplySourceFilter,
)
from energy.domain.supply import Limit
from energy.enums import LimitKind, Phase
from energy.models import (
    CapacityLimit,
    EnergyPolicy,
    EnergyPrice,
    PriceList,
    SupplyContract,
    SupplySource,
)
from stations.selectors import location_by_id

MANUAL = "manual"
NUMBER = "[0-9]{1,20}"


class SupplySourceViewSet(ListModelMixin, GenericViewSet[SupplySource]):
    """Ways into a location: connection points with what they may take."""

    rule = CONFIGURE
    serializer_class = shapes.SupplySourceOut
    queryset = SupplySource.objects.select_related("location").prefetch_related("fallbacks")
    filterset_class = SupplySourceFilter
    orderings = {"id": "pk", "name": "name"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER

    @extend_schema(responses=shapes.SupplySourceOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(shapes.SupplySourceOut(selectors.source_by_id(id)).data)

    @extend_schema(request=shapes.SupplySourceNew, responses={201: shapes.SupplySourceOut})
    def create(self, request: Request) -> Response:
        source = SupplySource(**valid(shapes.SupplySourceNew(data=request.data)))
        services.save_source(source=source, now=timezone.now())
        return Response(shapes.SupplySourceOut(source).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.SupplySourceIn, responses=shapes.SupplySourceOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        source = selectors.source_by_id(id)
        fields = valid(shapes.SupplySourceIn(data=request.data, partial=partial))
        services.save_source(source=changed(source, fields), now=timezone.now())
        return self.retrieve(request, id)

    @extend_schema(request=shapes.SupplySourceIn(partial=True), responses=shapes.SupplySourceOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.delete_source(source=selectors.source_by_id(id), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SupplyContractViewSet(ListModelMixin, GenericViewSet[SupplyContract]):
    """What sources' energy costs."""

    rule = CONFIGURE
    serializer_class = shapes.SupplyContractOut
    queryset = SupplyContract.objects.select_related("source__location", "price_list")
    filterset_class = SupplyContractFilter
    orderings = {"id": "pk", "valid_from": "valid_from"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER

    @extend_schema(responses=shapes.SupplyContractOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(shapes.SupplyContractOut(selectors.contract_by_id(id)).data)

    @extend_schema(request=shapes.SupplyContractNew, responses={201: shapes.SupplyContractOut})
    def create(self, request: Request) -> Response:
        contract = SupplyContract(**valid(shapes.SupplyContractNew(data=request.data)))
        services.save_contract(contract=contract, now=timezone.now())
        return Response(shapes.SupplyContractOut(contract).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.SupplyContractIn, responses=shapes.SupplyContractOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        contract = selectors.contract_by_id(id)
        fields = valid(shapes.SupplyContractIn(data=request.data, partial=partial))
        services.save_contract(contract=changed(contract, fields), now=timezone.now())
        return self.retrieve(request, id)

    @extend_schema(
        request=shapes.SupplyContractIn(partial=True), responses=shapes.SupplyContractOut
    )
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.delete_contract(contract=selectors.contract_by_id(id), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class CapacityLimitViewSet(ListModelMixin, GenericViewSet[CapacityLimit]):
    """What sources may take or give for a while, by whoever says so."""

    rule = CONFIGURE
    serializer_class = shapes.CapacityLimitOut
    queryset = CapacityLimit.objects.select_related("source__location")
    filterset_class = CapacityLimitFilter
    orderings = {"id": "pk", "starts_at": "starts_at"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER

    @extend_schema(request=shapes.CapacityLimitsIn, responses={201: shapes.Taken})
    def create(self, request: Request) -> Response:
        """Limits that hold at once, or from their time on."""
        fields, now = valid(shapes.CapacityLimitsIn(data=request.data)), timezone.now()
        limits = [
            Limit(
                one["kw"], one.get("starts_at", now), one["ends_at"], LimitKind(one["kind"]),
                Phase(one["phase"]), one["binding"],
            )
            for one in fields["limits"]
        ]  # fmt: skip
        doubts = services.take_limits(
            source=fields["source"], origin=MANUAL, reference=fields["reference"],
            limits=limits, now=now,
        )  # fmt: skip
        return Response({"taken": len(limits), "doubts": doubts}, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """It holds no longer, with all that was said under its reference."""
        limit = selectors.limit_by_id(id)
        services.drop_limits(
            source=limit.source, origin=limit.origin, reference=limit.reference, now=timezone.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class PriceListViewSet(ListModelMixin, GenericViewSet[PriceList]):
    """Prices that contracts refer to: those of a market zone, say."""

    rule = CONFIGURE
    serializer_class = shapes.PriceListOut
    queryset = PriceList.objects.all()
    orderings = {"id": "pk", "name": "name"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @extend_schema(responses=shapes.PriceListOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        found = selectors.price_list_by_id(id)
        return Response(shapes.PriceListOut(found, context={"now": timezone.now()}).data)

    @extend_schema(request=shapes.PriceListIn, responses={201: shapes.PriceListOut})
    def create(self, request: Request) -> Response:
        now = timezone.now()
        made = PriceList(**valid(shapes.PriceListIn(data=request.data)))
        services.save_price_list(price_list=made, now=now)
        shown = shapes.PriceListOut(made, context={"now": now}).data
        return Response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.PriceListIn, responses=shapes.PriceListOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        found = selectors.price_list_by_id(id)
        fields = valid(shapes.PriceListIn(data=request.data, partial=partial))
        services.save_price_list(price_list=changed(found, fields), now=timezone.now())
        return self.retrieve(request, id)

    @extend_schema(request=shapes.PriceListIn(partial=True), responses=shapes.PriceListOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.delete_price_list(price_list=selectors.price_list_by_id(id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=shapes.PricesIn, responses={201: shapes.Taken})
    @action(detail=True, methods=["post"])
    def prices(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Take prices. Those that hold are at `energy-prices`."""
        found = selectors.price_list_by_id(id)
        body = shapes.PricesIn(data=request.data)
        valid(body)
        said = body.said()
        doubts = services.take_prices(
            price_list=found, prices=said, origin=MANUAL, now=timezone.now()
        )
        return Response({"taken": len(said), "doubts": doubts}, status=status.HTTP_201_CREATED)


class EnergyPriceViewSet(ListModelMixin, GenericViewSet[EnergyPrice]):
    """The prices of lists."""

    rule = CONFIGURE
    serializer_class = shapes.PriceOut
    queryset = EnergyPrice.objects.all()
    filterset_class = PriceFilter
    orderings = {"starts_at": "starts_at"}
    ordering = ("starts_at", "pk")


class EnergyPolicyViewSet(ListModelMixin, GenericViewSet[EnergyPolicy]):
    """By what locations' energy is steered. A location that is not listed: automatically."""

    rule = CONFIGURE
    serializer_class = shapes.EnergyPolicyOut
    queryset = EnergyPolicy.objects.select_related("location")
    orderings = {"location_id": "location__ocpi_id"}
    ordering = ("pk",)
    lookup_url_kwarg = "location_id"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=shapes.EnergyPolicyOut)
    def retrieve(self, request: Request, location_id: str) -> Response:
        policy = selectors.policy_of(location_by_id(location_id))
        return Response(shapes.EnergyPolicyOut(policy).data)

    @extend_schema(request=shapes.EnergyPolicyNew, responses={201: shapes.EnergyPolicyOut})
    def create(self, request: Request) -> Response:
        """Steer a location like this, in place of how it was."""
        fields = valid(shapes.EnergyPolicyNew(data=request.data))
        policy = services.set_policy(**fields, now=timezone.now())
        return Response(shapes.EnergyPolicyOut(policy).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.EnergyPolicyIn, responses=shapes.EnergyPolicyOut)
    def update(self, request: Request, location_id: str, *, partial: bool = False) -> Response:
        location = location_by_id(location_id)
        fields = valid(shapes.EnergyPolicyIn(data=request.data, partial=partial))
        if partial:
            held = selectors.policy_of(location)
            said = {"kind": held.kind, "reserve_soc": held.reserve_soc, "source": held.source}
            fields = said | fields
        policy = services.set_policy(location=location, **fields, now=timezone.now())
        return Response(shapes.EnergyPolicyOut(policy).data)

    @extend_schema(request=shapes.EnergyPolicyIn(partial=True), responses=shapes.EnergyPolicyOut)
    def partial_update(self, request: Request, location_id: str) -> Response:
        return self.update(request, location_id, partial=True)

    @extend_schema(responses={200: dict})
    @action(detail=True, methods=["get"], rule=OPERATE)
    def plan(self, request: Request, location_id: str) -> Response:
        """The newest plan: steps of a quarter of an hour from `starts_at` on."""
        plan = selectors.plan_of(location_by_id(location_id))
        if plan is None:
            return Response({"location_id": location_id, "plan": None})
        facts = {
            name: getattr(plan, name)
            for name in ("made_at", "starts_at", "policy", "currency", "cost", "cost_otherwise")
        }
        return Response({"location_id": location_id, **facts, "plan": plan.body})
