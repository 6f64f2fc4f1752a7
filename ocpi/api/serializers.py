"""Roaming partners as REST shows and takes them. No token is shown but a new token A, once."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ocpi.enums import Circuit, HandshakeKind, PartnerState, Role, Step, StepState
from ocpi.models import Handshake, Partner
from ocpi.models.partner import LONGEST_ANSWER_S, LONGEST_WAIT_S, MOST_FAILURES
from ocpi.selectors import ModuleState, modules_of

LONGEST_NAME, LONGEST_URL, LONGEST_TOKEN = 64, 1024, 64
POLICY = ["opens_after", "first_wait_s", "longest_wait_s", "answer_within_s"]


class PartyOut(serializers.Serializer[Any]):
    """Whom a partner speaks for."""

    country_code = serializers.CharField()
    party_id = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    business_details = serializers.DictField()


class ModuleOut(serializers.Serializer[Any]):
    """What a partner knows of our objects of one module: how many are `owed` to it, since when
    the oldest (`lag_s`), how many it refused; `endpoint`: whether it takes them at all."""

    identifier = serializers.CharField()
    endpoint = serializers.CharField(allow_null=True)
    owed = serializers.IntegerField()
    refused = serializers.IntegerField()
    known = serializers.IntegerField()
    lag_s = serializers.IntegerField()
    delivered_at = serializers.DateTimeField(allow_null=True)


class PolicyOut(serializers.ModelSerializer[Partner]):
    """How failures are met: the circuit opens after `opens_after` in a row, for `first_wait_s`,
    then twice as long each time up to `longest_wait_s`; a request may take `answer_within_s`."""

    class Meta:
        model = Partner
        fields = POLICY


class PartnerOut(serializers.ModelSerializer[Partner]):
    """A partner with its circuit and what is owed to it."""

    state = serializers.ChoiceField(choices=PartnerState.choices)
    parties = PartyOut(many=True)
    circuit = serializers.SerializerMethodField()
    owed = serializers.IntegerField()
    refused = serializers.IntegerField()
    lag_s = serializers.SerializerMethodField()
    policy = PolicyOut(source="*")

    class Meta:
        model = Partner
        fields = ["id", "name", "state", "version", "versions_url", "parties", "circuit",
                  "failures", "retry_at", "last_error", "last_failure_at", "last_success_at",
                  "owed", "refused", "lag_s", "policy", "created_at", "connected_at"]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=Circuit.choices))
    def get_circuit(self, partner: Partner) -> str:
        return partner.circuit(timezone.now()).value

    def get_lag_s(self, partner: Partner) -> int:
        since: datetime | None = getattr(partner, "since", None)
        return 0 if since is None else max(int((timezone.now() - since).total_seconds()), 0)


class PartnerWhole(PartnerOut):
    """With the state of each module."""

    modules = serializers.SerializerMethodField()

    class Meta(PartnerOut.Meta):
        fields = [*PartnerOut.Meta.fields, "modules"]

    @extend_schema_field(ModuleOut(many=True))
    def get_modules(self, partner: Partner) -> Any:
        states: list[ModuleState] = modules_of(partner, timezone.now())
        return ModuleOut(states, many=True).data


class InvitationOut(serializers.Serializer[Any]):
    """What the partner needs to register: shown here only. In the header that carries it,
    `token_a` is Base64."""

    token_a = serializers.CharField()
    versions_url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class PartnerInvited(PartnerWhole):
    invitation = InvitationOut()

    class Meta(PartnerWhole.Meta):
        fields = [*PartnerWhole.Meta.fields, "invitation"]


class StepOut(serializers.Serializer[Any]):
    name = serializers.ChoiceField(choices=Step.choices)
    state = serializers.ChoiceField(choices=StepState.choices)
    note = serializers.CharField(allow_blank=True)


class HandshakeOut(serializers.ModelSerializer[Handshake]):
    """The checks of a handshake that we began, in order; `error_code` where one failed."""

    kind = serializers.ChoiceField(choices=HandshakeKind.choices)
    steps = StepOut(many=True)

    class Meta:
        model = Handshake
        fields = ["kind", "url", "steps", "error_code", "error", "started_at", "ended_at"]


class PartnerShaken(PartnerWhole):
    """After a handshake, with its steps."""

    handshake = HandshakeOut()

    class Meta(PartnerWhole.Meta):
        fields = [*PartnerWhole.Meta.fields, "handshake"]


class PartnerNew(serializers.Serializer[Any]):
    """Whom to invite. With `country_code` and `party_id` it may register as that party only."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    country_code = serializers.RegexField("^[A-Za-z]{2}$", required=False)
    party_id = serializers.RegexField("^[A-Za-z0-9]{3}$", required=False)
    role = serializers.ChoiceField(choices=Role.choices, default=Role.EMSP)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("country_code" in attrs) != ("party_id" in attrs):
            raise serializers.ValidationError("country_code and party_id go together.")
        if "party_id" in attrs:
            attrs["party"] = (attrs.pop("country_code"), attrs.pop("party_id"))
        return attrs


class ConnectIn(serializers.Serializer[Any]):
    """What the partner gave us: its versions URL, and token A as it is (not in Base64)."""

    versions_url = serializers.URLField(max_length=LONGEST_URL)
    token_a = serializers.RegexField("^[!-~]+$", max_length=LONGEST_TOKEN)


class PolicyIn(serializers.Serializer[Any]):
    """What can be changed of a partner; what is left out stays."""

    opens_after = serializers.IntegerField(min_value=1, max_value=MOST_FAILURES, required=False)
    first_wait_s = serializers.IntegerField(min_value=1, max_value=LONGEST_WAIT_S, required=False)
    longest_wait_s = serializers.IntegerField(min_value=1, max_value=LONGEST_WAIT_S, required=False)
    answer_within_s = serializers.IntegerField(
        min_value=1, max_value=LONGEST_ANSWER_S, required=False
    )


class PushIn(serializers.Serializer[Any]):
    """`full`: everything, known or not (but no CDR is sent twice)."""

    full = serializers.BooleanField(default=False)
