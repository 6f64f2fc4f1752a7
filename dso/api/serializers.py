"""Grid operators as REST shows and takes them. No secret is shown but a new token A, once."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dso.enums import Alarm, DsoState, Protocol, WireVersion
from dso.models import Dso, SupplyLink
from dso.models.dso import LEAST_POLL_S, MOST_POLL_S
from energy.models import PriceList, SupplySource

TEXT = r"^[!-~]+$"


class LinkOut(serializers.ModelSerializer[SupplyLink]):
    """A source that the DSO speaks for."""

    location_id = serializers.CharField(source="source.location.ocpi_id")
    source_name = serializers.CharField(source="source.name")
    price_list = serializers.CharField(source="price_list.name", allow_null=True, default=None)

    class Meta:
        model = SupplyLink
        fields = ["id", "location_id", "source_name", "group", "program", "price_list"]


class DsoOut(serializers.ModelSerializer[Dso]):
    """`refused`: what it said last that cannot be; `notices`: what people should know of it."""

    protocol = serializers.ChoiceField(choices=Protocol.choices)
    version = serializers.ChoiceField(choices=WireVersion.choices, allow_blank=True)
    state = serializers.ChoiceField(choices=DsoState.choices)
    alarm = serializers.ChoiceField(choices=Alarm.choices, allow_blank=True)
    refused = serializers.ListField(child=serializers.CharField())
    notices = serializers.ListField(child=serializers.CharField())
    links = LinkOut(many=True)
    notified = serializers.SerializerMethodField()

    class Meta:
        model = Dso
        fields = ["id", "name", "protocol", "version", "base_url", "state", "alarm", "alarm_since",
                  "last_heard_at", "last_error", "failed_at", "refused", "notices", "poll_every_s",
                  "notified", "heartbeat_s", "links", "created_at", "connected_at"]  # fmt: skip

    @extend_schema_field(serializers.BooleanField())
    def get_notified(self, dso: Dso) -> bool:
        """Whether a VTN tells us of news; else it is read by the clock alone."""
        return bool(dso.subscription_id)


class PeerInvitationOut(serializers.Serializer[Any]):
    """What an OSCP peer needs to register with us: shown here only."""

    token_a = serializers.CharField()
    base_url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class DsoMade(DsoOut):
    invitation = PeerInvitationOut(allow_null=True)

    class Meta(DsoOut.Meta):
        fields = [*DsoOut.Meta.fields, "invitation"]


class DsoNew(serializers.Serializer[Any]):
    """OPENADR3: a VTN, with `base_url`, `version`, `client_id` and `secret`. OSCP2: with `base_url`
    and `secret` (its token A) we register with it; without both it shall register with us."""

    name = serializers.CharField(max_length=64)
    protocol = serializers.ChoiceField(choices=Protocol.choices)
    base_url = serializers.URLField(max_length=1024, required=False)
    version = serializers.ChoiceField(choices=WireVersion.choices, required=False)
    client_id = serializers.RegexField(TEXT, max_length=255, required=False)
    secret = serializers.RegexField(TEXT, max_length=255, required=False, write_only=True)
    scope = serializers.CharField(max_length=255, required=False, allow_blank=True)
    token_url = serializers.URLField(max_length=1024, required=False, allow_blank=True)
    ven_name = serializers.CharField(max_length=128, required=False, allow_blank=True)
    poll_every_s = serializers.IntegerField(
        min_value=LEAST_POLL_S, max_value=MOST_POLL_S, required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = {"base_url", "version", "client_id", "secret"}
        if attrs["protocol"] == Protocol.OSCP2:
            needed = {"base_url", "secret"} if {"base_url", "secret"} & attrs.keys() else set()
            others = attrs.keys() - {"name", "protocol", "base_url", "secret"}
            if others:
                raise serializers.ValidationError(dict.fromkeys(others, "Not of OSCP."))
        missing = sorted(needed - attrs.keys())
        if missing:
            raise serializers.ValidationError(dict.fromkeys(missing, "This field is required."))
        return attrs


class LinkNew(serializers.Serializer[Any]):
    """`group`: an OSCP group id or an OpenADR target; `price_list` by its name."""

    source_id = serializers.PrimaryKeyRelatedField(
        source="source", queryset=SupplySource.objects.all()
    )
    group = serializers.CharField(max_length=255, required=False, allow_blank=True)
    program = serializers.CharField(max_length=128, required=False, allow_blank=True)
    price_list = serializers.SlugRelatedField(
        "name", queryset=PriceList.objects.all(), required=False, allow_null=True
    )


class UnlinkIn(serializers.Serializer[Any]):
    id = serializers.IntegerField(min_value=1)


class AdjustIn(serializers.Serializer[Any]):
    """How much a source would like to take from the grid in a period; `id` is that of the link."""

    id = serializers.IntegerField(min_value=1)
    kw = serializers.FloatField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PolledOut(DsoOut):
    """After a reading: how many limits and prices hold by it."""

    limits = serializers.IntegerField()
    prices = serializers.IntegerField()

    class Meta(DsoOut.Meta):
        fields = [*DsoOut.Meta.fields, "limits", "prices"]
