"""Tariffs in OCPI 2.2.1's words (§11.3), and where they hold."""

from typing import Any

from rest_framework import serializers

from stations.api.fields import OcpiField, OcpiId
from stations.models import Location
from tariffs.domain.places import NamedPlace, Place
from tariffs.errors import InvalidPlace
from tariffs.models import Tariff
from tariffs.selectors import named_places, places_named
from tariffs.services import Places

WIRE = (
    "currency", "type", "tariff_alt_text", "tariff_alt_url", "min_price", "max_price",
    "elements", "start_date_time", "end_date_time", "energy_mix",
)  # fmt: skip

MOST_PLACES = 10_000


class HoldsAt(serializers.Serializer[Any]):
    """One place: a connector of an EVSE, an EVSE, a location, or (none) everywhere; for the
    tokens of one party, or for everyone."""

    country_code = serializers.CharField(max_length=2, required=False)
    party_id = serializers.CharField(max_length=3, required=False)
    location_id = serializers.CharField(max_length=36, required=False)
    evse_uid = serializers.CharField(max_length=36, required=False)
    connector_id = serializers.CharField(max_length=36, required=False)

    def validate(self, attrs: dict[str, str]) -> NamedPlace:
        try:
            return NamedPlace(**attrs)
        except InvalidPlace as refusal:
            raise serializers.ValidationError(refusal.text) from refusal


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
    holds_at = HoldsAt(many=True)

    class Meta:
        model = Tariff
        fields = ["country_code", "party_id", "id", *WIRE, "version", "valid_from",
                  "location_ids", "holds_at", "last_updated"]  # fmt: skip

    def to_representation(self, instance: Tariff) -> dict[str, Any]:
        newest = max(instance.versions.all(), key=lambda version: version.number)
        rows = instance.assignments.all()
        whole = [row.location for row in rows if row.location and row.place.is_whole_location]
        return {
            **newest.body,
            "version": newest.number,
            "valid_from": newest.valid_from,
            "location_ids": sorted(location.ocpi_id for location in whole),
            "holds_at": [name.fields() for name in named_places(rows)],
            "last_updated": instance.last_updated,
        }


class TariffIn(serializers.Serializer[Any]):
    """What can be changed of a tariff: a change makes a new version. `location_ids`: whole
    locations where it holds for everyone, the other places stay; `holds_at`: all the places
    where it holds. Connectors say theirs too (`tariff_ids`)."""

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
    holds_at = HoldsAt(many=True, required=False)

    def validate_holds_at(self, names: list[NamedPlace]) -> list[NamedPlace]:
        if len(names) > MOST_PLACES:
            raise serializers.ValidationError([f"At most {MOST_PLACES}."])
        return names

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`places` for the services, in the place of both."""
        locations, names = attrs.pop("location_ids", None), attrs.pop("holds_at", None)
        whole = None
        if locations is not None:
            whole = [Place(location_id=location.pk) for location in locations]
            attrs["places"] = Places(whole, lambda place: place.is_whole_location)
        if names is not None:
            places = places_named(names)
            named = {place for place in places if place.is_whole_location}
            if whole is not None and set(whole) != named:
                raise serializers.ValidationError("location_ids and holds_at disagree; send one.")
            attrs["places"] = Places(places)
        return attrs


class TariffNew(TariffIn):
    country_code = serializers.RegexField(r"\A[A-Za-z]{2}\Z")
    party_id = serializers.RegexField(r"\A[A-Za-z0-9]{3}\Z")
    id = OcpiId()
