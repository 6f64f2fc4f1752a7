"""OCPI's structures as serializer fields."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from stations.schemas import faults_in

LARGEST_INTEGER = 2**31 - 1


class OcpiField(serializers.Field):  # type: ignore[type-arg]
    """A value of one of OCPI 2.2.1's types, or a list of them; kept as it is on the wire."""

    def __init__(self, kind: str, *, many: bool = False, **kwargs: Any) -> None:
        self.kind, self.many = kind, many
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if self.many and not isinstance(data, list):
            raise serializers.ValidationError(["Must be a list."])
        faults: list[str] = []
        for item in data if self.many else [data]:
            faults += faults_in(self.kind, item)
        if faults:
            raise serializers.ValidationError(faults)
        return data

    def to_representation(self, value: Any) -> Any:
        return value or (value if self.many else None)


class OcpiId(serializers.CharField):
    """A CiString: printable ASCII, not empty, no space at its ends."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 36)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.isascii() or not text.isprintable() or "/" in text:
            raise serializers.ValidationError(["Use printable ASCII characters without /."])
        return text


class Coordinates(serializers.Serializer[Any]):
    """OCPI GeoLocation (§8.4.13): decimal degrees as texts. Null where unknown."""

    latitude = serializers.DecimalField(
        max_digits=10, decimal_places=7, min_value=-90, max_value=90, coerce_to_string=True
    )
    longitude = serializers.DecimalField(
        max_digits=10, decimal_places=7, min_value=-180, max_value=180, coerce_to_string=True
    )

    def to_internal_value(self, data: Any) -> Any:
        if data is None:
            return {"latitude": None, "longitude": None}
        if isinstance(data, Mapping) and not {"latitude", "longitude"} <= data.keys():
            raise serializers.ValidationError(["Needs latitude and longitude."])
        return super().to_internal_value(data)

    def to_representation(self, instance: Any) -> Any:
        if instance.latitude is None or instance.longitude is None:
            return None
        return super().to_representation(instance)


@cache
def _schema() -> dict[str, Any]:
    text = resources.files("stations.schemas").joinpath("ocpi-2.2.1.schema.json").read_text()
    definitions: dict[str, Any] = json.loads(text)["$defs"]
    return definitions


class OcpiFieldDescription(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes an `OcpiField`."""

    target_class = OcpiField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        definition = _schema()[self.target.kind]
        item = {"type": definition["type"], "description": f"OCPI 2.2.1 {self.target.kind}"}
        if words := definition.get("enum"):
            item["enum"] = words
        return {"type": "array", "items": item} if self.target.many else item
