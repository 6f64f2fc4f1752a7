"""Commands to stations: asked for, and how they ended."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import UUID_PATTERN
from accounts.permissions import OPERATE
from stations import selectors
from stations.enums import Availability, CommandStatus, WhenOffline
from stations.models import StationCommand


class CommandError(serializers.Serializer[Any]):
    code = serializers.CharField()
    description = serializers.CharField()


class CommandOut(serializers.ModelSerializer[StationCommand]):
    """`response` is the CALLRESULT's payload verbatim."""

    station = serializers.CharField(source="station.identity")
    status = serializers.ChoiceField(choices=CommandStatus.choices)
    response = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = StationCommand
        fields = ["id", "station", "action", "status", "response", "error", "created_at",
                  "settled_at"]  # fmt: skip

    def get_response(self, command: StationCommand) -> dict[str, Any] | None:
        return cast("dict[str, Any] | None", command.response)

    @extend_schema_field(CommandError(allow_null=True))
    def get_error(self, command: StationCommand) -> Any:
        return command.error


class CommandIn(serializers.Serializer[Any]):
    action = serializers.CharField(max_length=50)
    payload = serializers.DictField(default=dict)
    when_offline = serializers.ChoiceField(choices=WhenOffline.choices, default=WhenOffline.FAIL)


class AvailabilityIn(serializers.Serializer[Any]):
    """In or out of service; `until`: then it is put back by itself."""

    availability = serializers.ChoiceField(choices=Availability.choices)
    reason = serializers.CharField(max_length=255, allow_blank=True, default="")
    until = serializers.DateTimeField(allow_null=True, default=None)


class CommandViewSet(GenericViewSet[StationCommand]):
    """Commands by id."""

    rule = OPERATE
    serializer_class = CommandOut
    queryset = StationCommand.objects.none()
    lookup_url_kwarg = "id"
    lookup_value_regex = UUID_PATTERN

    @extend_schema(responses=CommandOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(CommandOut(selectors.command_by_id(UUID(id))).data)
