"""Local authorization lists of stations over REST."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ANY_TEXT, valid, who
from accounts.permissions import OPERATE
from booking import selectors, services
from booking.enums import ListTrouble
from booking.models import LocalList
from stations.models import ChargingStation
from stations.selectors import station_by_identity


class LocalListOut(serializers.ModelSerializer[LocalList]):
    """What a station accepted last. `entries` are OCPP AuthorizationData; `synced`: as far as we
    know they are what they should be."""

    station = serializers.CharField(source="station.identity")
    managed = serializers.BooleanField(source="is_managed")
    synced = serializers.BooleanField(source="is_synced")
    trouble = serializers.ChoiceField(choices=ListTrouble.choices, allow_blank=True)
    entries = serializers.SerializerMethodField()

    class Meta:
        model = LocalList
        fields = ["station", "managed", "version", "entries", "synced", "trouble", "accepted_at",
                  "checked_at", "retry_at"]  # fmt: skip

    def get_entries(self, row: LocalList) -> list[dict[str, Any]]:
        return [row.entries[key] for key in sorted(row.entries)]


class LocalListIn(serializers.Serializer[Any]):
    managed = serializers.BooleanField()


class LocalListViewSet(ListModelMixin, GenericViewSet[LocalList]):
    """The lists that stations use while they cannot ask (OCPP 1.6 §4.1.1), kept by us or not."""

    rule = OPERATE
    serializer_class = LocalListOut
    queryset = selectors.local_lists()
    orderings = {"station": "station__identity"}
    ordering = ("station__identity",)
    lookup_url_kwarg = "identity"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=LocalListOut)
    def retrieve(self, request: Request, identity: str) -> Response:
        return _shown(station_by_identity(identity))

    @extend_schema(request=LocalListIn, responses=LocalListOut)
    def partial_update(self, request: Request, identity: str) -> Response:
        """Keep it from now on, or no more: then the station is told to empty it."""
        station = station_by_identity(identity)
        fields = valid(LocalListIn(data=request.data))
        services.manage_list(
            station=station,
            is_managed=fields["managed"],
            now=timezone.now(),
            issued_by=who(request),
        )
        return _shown(station)

    @extend_schema(request=None, responses={202: LocalListOut})
    @action(detail=True, methods=["post"])
    def send(self, request: Request, identity: str) -> Response:
        """Send the whole list anew, whatever went wrong before. Raises ListNotManaged."""
        station = station_by_identity(identity)
        services.send_whole_list(station=station, now=timezone.now(), issued_by=who(request))
        return _shown(station, status.HTTP_202_ACCEPTED)


def _shown(station: ChargingStation, code: int = status.HTTP_200_OK) -> Response:
    return Response(LocalListOut(selectors.local_list_of(station)).data, status=code)
