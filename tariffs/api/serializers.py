"""Tariffs in OCPI 2.2.1's words (§11.3), and where they hold."""

from typing import Any

from rest_framework import serializers

from stations.api.fields import OcpiField, OcpiId
from stations.models import Location
from tariffs.models import Tariff

WIRE = (
    "currency", "type", "tariff_alt_text", "tariff_alt_url", "min_price", "max_price",
    "elements", "start_date_time", "end_date_time", "energy_mix",
)  # fmt: skip


class TariffOut(serializers.ModelSerializer[Tariff]):
    """OCPI Tariff as its newest version says; `version` counts its changes."""

    id = serializers.CharField(source="ocpi_id")
    currency = serializers.CharField()
    type = OcpiField("TariffType", required=False)
    tariff_alt_text = OcpiField("DisplayText", many=True, required=False)
    tariff_alt_url = serializers.URLField(required=False)
    min_price = OcpiField("Price", required=False)
    max_price = OcpiField("Price", required=False)
    elements = OcpiField("TariffElement", many=True)
    start_date_time = serializers.DateTimeField(required=False)
    end_date_time = serializers.DateTimeField(required=False)
    energy_mix = OcpiField("EnergyMix", required=False)
    version = serializers.IntegerField()
    valid_from = serializers.DateTimeField()
    location_ids = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Tariff
        fields = ["country_code", "party_id", "id", *WIRE, "version", "valid_from",
                  "location_ids", "last_updated"]  # fmt: skip

    def to_representation(self, instance: Tariff) -> dict[str, Any]:
        newest = max(instance.versions.all(), key=lambda version: version.number)
        held = [row.location for row in instance.assignments.all() if row.location]
        return {
            **newest.body,
            "version": newest.number,
            "valid_from": newest.valid_from,
            "location_ids": sorted(location.ocpi_id for location in held),
            "last_updated": instance.last_updated,
        }


class TariffIn(serializers.Serializer[Any]):
    """What can be changed of a tariff: a change makes a new version. `location_ids`: whole
    locations where it holds; connectors say so themselves (`tariff_ids`)."""

    currency = serializers.RegexField(r"\A[A-Z]{3}\Z")
    type = OcpiField("TariffType", required=False)
    tariff_alt_text = OcpiField("DisplayText", many=True, required=False)
    tariff_alt_url = serializers.URLField(max_length=255, required=False)
    min_price = OcpiField("Price", required=False)
    max_price = OcpiField("Price", required=False)
    elements = OcpiField("TariffElement", many=True)
    start_date_time = serializers.CharField(max_length=32, required=False)
    end_date_time = serializers.CharField(max_length=32, required=False)
    energy_mix = OcpiField("EnergyMix", required=False)
    location_ids = serializers.SlugRelatedField(
        slug_field="ocpi_id", many=True, required=False, queryset=Location.objects.all()
    )


class TariffNew(TariffIn):
    country_code = serializers.RegexField(r"\A[A-Za-z]{2}\Z")
    party_id = serializers.RegexField(r"\A[A-Za-z0-9]{3}\Z")
    id = OcpiId()
