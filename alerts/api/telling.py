"""Who is told of alerts, over REST."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from accounts.api.requests import ID_PATTERN, valid, who
from accounts.permissions import ADMINISTER, CONFIGURE, OWN
from alerts import selectors, services
from alerts.api.serializers import WORDS
from alerts.enums import Event, Kind, Severity
from alerts.models import AlertRule, Notice, Webhook
from stations.models import Location

MOST_DELIVERIES = 100


@extend_schema_field(serializers.ChoiceField(choices=WORDS))
class SeverityWord(serializers.ChoiceField):
    """`critical`, for 3."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=WORDS, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return Severity[str(super().to_internal_value(data)).upper()]

    def to_representation(self, value: Any) -> str:
        return Severity(value).word


class RuleShape(serializers.ModelSerializer[AlertRule]):
    """Which alerts are told to whom; no kinds: all; no locations: all, and what belongs to none.
    `subscribed`: whether who asks is told by mail."""

    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=Kind.choices), default=list, max_length=len(Kind)
    )
    least_severity = SeverityWord(default=Severity.WARNING)
    locations = serializers.SlugRelatedField(
        slug_field="ocpi_id", many=True, queryset=Location.objects.all(), required=False
    )
    webhooks = serializers.PrimaryKeyRelatedField(
        many=True, queryset=Webhook.objects.all(), required=False
    )
    subscribed = serializers.SerializerMethodField()

    class Meta:
        model = AlertRule
        fields = ["id", "name", "kinds", "least_severity", "locations", "webhooks", "subscribed"]

    def get_subscribed(self, rule: AlertRule) -> bool:
        return self.context["request"].user in rule.subscribers.all()


class WebhookOut(serializers.ModelSerializer[Webhook]):
    class Meta:
        model = Webhook
        fields = ["id", "name", "url", "failing_since", "switched_off", "created_at"]


class WebhookMade(WebhookOut):
    """With its secret: shown now and never again."""

    secret = serializers.CharField()

    class Meta(WebhookOut.Meta):
        fields = [*WebhookOut.Meta.fields, "secret"]


class WebhookIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=64)
    url = serializers.CharField(max_length=1024)


class SwitchIn(serializers.Serializer[Any]):
    on = serializers.BooleanField()


class NoticeOut(serializers.ModelSerializer[Notice]):
    """What it is or was sent. `due_at`: when it is sent next; null once it is delivered or given
    up."""

    event = serializers.ChoiceField(choices=Event.choices)

    class Meta:
        model = Notice
        fields = [
            "id", "event", "body", "created_at", "due_at", "attempts", "delivered_at",
            "http_status", "error",
        ]  # fmt: skip


class AlertRuleViewSet(ModelViewSet[AlertRule]):
    """Rules: kept by administrators; all staff subscribe by themselves."""

    rule = CONFIGURE
    serializer_class = RuleShape
    queryset = selectors.rules()
    orderings = {"id": "pk", "name": "name"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = ID_PATTERN

    @extend_schema(request=None, responses=RuleShape)
    @action(detail=True, methods=["put"], rule=OWN)
    def subscription(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Be told by mail."""
        return self._subscribed(request, int(id), on=True)

    @extend_schema(request=None, responses=RuleShape)
    @subscription.mapping.delete
    def unsubscribe(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Be told no longer."""
        return self._subscribed(request, int(id), on=False)

    def _subscribed(self, request: Request, pk: int, *, on: bool) -> Response:
        services.subscribe(rule=selectors.rule_by_id(pk), user=who(request), on=on)
        return Response(self.get_serializer(selectors.rule_by_id(pk)).data)


class WebhookViewSet(ListModelMixin, GenericViewSet[Webhook]):
    """Where alerts are sent to, each message signed as Standard Webhooks says."""

    rule = ADMINISTER
    serializer_class = WebhookOut
    queryset = selectors.webhooks()
    orderings = {"id": "pk", "name": "name"}
    ordering = ("pk",)
    lookup_url_kwarg = "id"
    lookup_value_regex = ID_PATTERN

    @extend_schema(request=WebhookIn, responses={201: WebhookMade})
    def create(self, request: Request) -> Response:
        fields = valid(WebhookIn(data=request.data))
        made, secret = services.add_webhook(now=timezone.now(), **fields)
        body = {**WebhookOut(made).data, "secret": secret}
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(responses=WebhookOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return _webhook(int(id))

    @extend_schema(request=WebhookIn, responses=WebhookOut)
    def update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        fields = valid(WebhookIn(data=request.data))
        services.change_webhook(webhook=selectors.webhook_by_id(int(id)), **fields)
        return _webhook(int(id))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        selectors.webhook_by_id(int(id)).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={202: NoticeOut})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Send it a message that tells of nothing."""
        found = selectors.webhook_by_id(int(id))
        notice = services.owe_test(webhook=found, now=timezone.now())
        return Response(NoticeOut(notice).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=WebhookMade)
    @action(detail=True, methods=["post"])
    def secret(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Another secret in place of the one that it has."""
        found = selectors.webhook_by_id(int(id))
        secret = services.renew_secret(webhook=found)
        return Response({**WebhookOut(found).data, "secret": secret})

    @extend_schema(request=SwitchIn, responses=WebhookOut)
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """On: alerts that open from now on are sent to it. Off: nothing is."""
        found = selectors.webhook_by_id(int(id))
        if valid(SwitchIn(data=request.data))["on"]:
            services.switch_on(webhook=found)
        else:
            services.switch_off(webhook=found, reason="Switched off by staff.")
        return _webhook(int(id))

    @extend_schema(responses=NoticeOut(many=True))
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def deliveries(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """What it is or was sent, the latest hundred first."""
        found = selectors.notices_to(selectors.webhook_by_id(int(id)))
        return Response(NoticeOut(found[:MOST_DELIVERIES], many=True).data)


def _webhook(pk: int) -> Response:
    return Response(WebhookOut(selectors.webhook_by_id(pk)).data)
