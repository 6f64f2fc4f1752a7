"""Supply of locations over REST. Power in kW; money per kWh, before VAT, in `currency`."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from energy import selectors
from energy.api.serializers import Finite, Power, Share
from energy.domain.supply import LONGEST_REFERENCE, Price
from energy.enums import ContractKind, LimitKind, Phase, PolicyKind, PriceUnit
from energy.models import CapacityLimit, EnergyPolicy, PriceList, SupplyContract, SupplySource
from stations.models import Location

LONGEST_STALE = timedelta(days=366)


class Instant(serializers.DateTimeField):
    """A date and time with its zone: a local one means nothing when clocks change."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise serializers.ValidationError(["It must say its zone, like 2026-06-01T12:00:00Z."])
        return super().enforce_timezone(value)


class Money(serializers.DecimalField):
    """Per kWh."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=10, decimal_places=6, coerce_to_string=False, **kwargs)


def of_location() -> serializers.SlugRelatedField[Location]:
    return serializers.SlugRelatedField(
        source="location", slug_field="ocpi_id", queryset=Location.objects.all()
    )


class SupplySourceOut(serializers.ModelSerializer[SupplySource]):
    """`is_on_fallback`: a DSO that limits it is away."""

    location_id = serializers.CharField(source="location.ocpi_id")
    is_on_fallback = serializers.SerializerMethodField()

    class Meta:
        model = SupplySource
        fields = ["id", "location_id", "name", "connection_id", "import_limit_kw", "fuse_a",
                  "is_on_fallback"]  # fmt: skip

    def get_is_on_fallback(self, source: SupplySource) -> bool:
        return bool(source.fallbacks.all())


class SupplySourceIn(serializers.Serializer[Any]):
    """`connection_id`: POD or EAN."""

    name = serializers.CharField(max_length=64)
    connection_id = serializers.CharField(max_length=64, required=False, allow_blank=True)
    import_limit_kw = Power()
    fuse_a = Finite(required=False, allow_null=True, min_value=1, max_value=10_000)


class SupplySourceNew(SupplySourceIn):
    location_id = of_location()


class SupplyContractOut(serializers.ModelSerializer[SupplyContract]):
    location_id = serializers.CharField(source="source.location.ocpi_id")
    source_id = serializers.IntegerField()
    price_list = serializers.CharField(source="price_list.name", allow_null=True, default=None)

    class Meta:
        model = SupplyContract
        fields = ["id", "location_id", "source_id", "kind", "price_list", "adder_kwh", "f1_kwh",
                  "f2_kwh", "f3_kwh", "price_kwh", "demand_charge_kw_month", "currency",
                  "co2_g_kwh", "valid_from"]  # fmt: skip


class SupplyContractIn(serializers.Serializer[Any]):
    """SPOT: `price_list` (its name) and `adder_kwh`; BANDS: `f1_kwh` to `f3_kwh`; FLAT:
    `price_kwh`. The newest that has begun holds."""

    kind = serializers.ChoiceField(choices=ContractKind.choices)
    price_list = serializers.SlugRelatedField(
        slug_field="name", queryset=PriceList.objects.all(), required=False, allow_null=True
    )
    adder_kwh = Money(required=False)
    f1_kwh = Money(required=False, allow_null=True)
    f2_kwh = Money(required=False, allow_null=True)
    f3_kwh = Money(required=False, allow_null=True)
    price_kwh = Money(required=False, allow_null=True)
    demand_charge_kw_month = serializers.DecimalField(
        max_digits=10, decimal_places=4, min_value=0, required=False, coerce_to_string=False
    )
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z", default="EUR")
    co2_g_kwh = serializers.IntegerField(
        min_value=0, max_value=2_000, required=False, allow_null=True
    )
    valid_from = Instant(required=False)


class SupplyContractNew(SupplyContractIn):
    source_id = serializers.PrimaryKeyRelatedField(
        source="source", queryset=SupplySource.objects.select_related("location")
    )


class CapacityLimitOut(serializers.ModelSerializer[CapacityLimit]):
    location_id = serializers.CharField(source="source.location.ocpi_id")
    source_id = serializers.IntegerField()

    class Meta:
        model = CapacityLimit
        fields = ["id", "location_id", "source_id", "kind", "phase", "starts_at", "ends_at", "kw",
                  "binding", "origin", "reference", "received_at"]  # fmt: skip


class LimitIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=LimitKind.choices, default=LimitKind.IMPORT)
    phase = serializers.ChoiceField(choices=Phase.choices, default=Phase.ALL)
    kw = serializers.FloatField()
    starts_at = Instant(required=False)
    ends_at = Instant(required=False, allow_null=True, default=None)
    binding = serializers.BooleanField(default=True)


class CapacityLimitsIn(serializers.Serializer[Any]):
    """Limits said by hand or by another system, in place of what was said under the same
    `reference` before."""

    source_id = serializers.PrimaryKeyRelatedField(
        source="source", queryset=SupplySource.objects.select_related("location")
    )
    reference = serializers.CharField(max_length=LONGEST_REFERENCE)
    limits = LimitIn(many=True)


class Taken(serializers.Serializer[Any]):
    """`doubts`: what is odd about what was taken."""

    taken = serializers.IntegerField()
    doubts = serializers.ListField(child=serializers.CharField())


class PriceListOut(serializers.ModelSerializer[PriceList]):
    """`is_stale`: no news for `stale_after`, or no price for now."""

    is_stale = serializers.SerializerMethodField()

    class Meta:
        model = PriceList
        fields = ["id", "name", "currency", "stale_after", "is_stale"]

    def get_is_stale(self, price_list: PriceList) -> bool:
        return selectors.is_stale(price_list, self.context["now"])


class PriceListIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=64)
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z", default="EUR")
    stale_after = serializers.DurationField(
        required=False, min_value=timedelta(minutes=1), max_value=LONGEST_STALE
    )


class PriceIn(serializers.Serializer[Any]):
    starts_at = Instant()
    ends_at = Instant()
    price = serializers.DecimalField(
        max_digits=14, decimal_places=6, allow_null=False, coerce_to_string=False
    )
    firm = serializers.BooleanField(default=True)


class PricesIn(serializers.Serializer[Any]):
    """Prices in place of others of the same time; `unit`: per kWh or per MWh. What is over keeps
    its price."""

    unit = serializers.ChoiceField(choices=PriceUnit.choices)
    prices = PriceIn(many=True)

    def said(self) -> list[Price]:
        per_kwh = Decimal(1000) if self.validated_data["unit"] == PriceUnit.MWH else Decimal(1)
        return [
            Price(one["starts_at"], one["ends_at"], one["price"] / per_kwh, one["firm"])
            for one in self.validated_data["prices"]
        ]


class PriceOut(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    price_kwh = Money()
    firm = serializers.BooleanField()
    origin = serializers.CharField()


class EnergyPolicyOut(serializers.ModelSerializer[EnergyPolicy]):
    location_id = serializers.CharField(source="location.ocpi_id")
    source_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = EnergyPolicy
        fields = ["location_id", "kind", "reserve_soc", "source_id", "since"]


class EnergyPolicyIn(serializers.Serializer[Any]):
    """`reserve_soc`: the share of the battery that `battery_reserve` keeps; `source_id`: the
    source that `fixed_source` uses."""

    kind = serializers.ChoiceField(choices=PolicyKind.choices)
    reserve_soc = Share(required=False)
    source_id = serializers.PrimaryKeyRelatedField(
        source="source", queryset=SupplySource.objects.all(), required=False, allow_null=True
    )


class EnergyPolicyNew(EnergyPolicyIn):
    location_id = of_location()
