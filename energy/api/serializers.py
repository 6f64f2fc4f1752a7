"""Batteries over REST. Power in kW, positive when a battery discharges."""

from decimal import Decimal
from math import isfinite
from typing import Any

from rest_framework import serializers

from energy.enums import Driver, OutOfPlan, Sign
from energy.models import Battery, CommissioningTest
from energy.models.battery import MOST_KW
from stations.models import Location

HOST = r"^[A-Za-z0-9._:-]+\Z"
MOST_PORT, MOST_UNIT = 65_535, 255


class Finite(serializers.FloatField):
    """A number: no NaN, no infinity, which DRF would let through."""

    def to_internal_value(self, data: Any) -> float:
        number = super().to_internal_value(data)
        if not isfinite(number):
            raise serializers.ValidationError(["A finite number is required."])
        return number


class Power(Finite):
    """kW or kWh, 0 or more."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MOST_KW} | kwargs)


class Share(Finite):
    """0 to 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 1} | kwargs)


class BatteryOut(serializers.ModelSerializer[Battery]):
    """A battery with its state. `out_of_plan` says why it is neither planned nor commanded;
    empty: it is."""

    location_id = serializers.CharField(source="location.ocpi_id")
    sign = serializers.ChoiceField(choices=Sign.choices)
    out_of_plan = serializers.ChoiceField(choices=["", *OutOfPlan.values])

    class Meta:
        model = Battery
        fields = [
            "id", "location_id", "name", "is_enabled", "capacity_kwh", "charge_kw",
            "discharge_kw", "efficiency", "soc_min", "soc_max", "wear_kwh", "driver", "host",
            "port", "unit_id", "register_map", "sign", "soc", "energy_kwh", "power_kw", "read_at",
            "out_of_plan", "out_of_plan_note", "last_updated",
        ]  # fmt: skip


class TestStep(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    text = serializers.CharField()


class SignTestOut(serializers.ModelSerializer[CommissioningTest]):
    """A test of which way a battery counts."""

    battery = serializers.IntegerField(source="battery_id")
    steps = TestStep(many=True)

    class Meta:
        model = CommissioningTest
        fields = ["id", "battery", "state", "steps", "asked_at", "ended_at"]


class BatteryIn(serializers.Serializer[Any]):
    """What can be said of a battery. `efficiency` is one way, the same for charging and
    discharging. The sign is found by a test, not stated."""

    name = serializers.CharField(max_length=64)
    is_enabled = serializers.BooleanField(default=True)
    capacity_kwh = Power()
    charge_kw = Power()
    discharge_kw = Power()
    efficiency = Share(default=0.95)
    soc_min = Share(default=0.05)
    soc_max = Share(default=0.95)
    wear_kwh = serializers.DecimalField(
        max_digits=8, decimal_places=4, min_value=0, default=Decimal("0.02"), coerce_to_string=False
    )
    driver = serializers.ChoiceField(choices=Driver.choices, default=Driver.SUNSPEC)
    host = serializers.RegexField(HOST, max_length=253)
    port = serializers.IntegerField(min_value=1, max_value=MOST_PORT, default=502)
    unit_id = serializers.IntegerField(min_value=0, max_value=MOST_UNIT, default=1)
    register_map = serializers.CharField(max_length=64, allow_blank=True, default="")


class BatteryNew(BatteryIn):
    location_id = serializers.SlugRelatedField(
        source="location", slug_field="ocpi_id", queryset=Location.objects.all()
    )
