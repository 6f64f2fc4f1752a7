"""Power sharing of locations over REST: settings, limits, and what each car may take."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ANY_TEXT, valid
from accounts.permissions import CONFIGURE
from energy import selectors, services
from energy.domain.sharing import LEAST_A
from energy.enums import PhaseRotation, Standing
from energy.models import EvsePlace, PowerSharing, SessionShare
from energy.models.sharing import MOST_FUSE_A
from energy.selectors.sharing import POWER
from energy.selectors.supply import PHASES
from stations.selectors import location_by_id

LEAST_V, MOST_V = 100, 400
MOST_EVSES = 1_000


class SharingRow(serializers.ModelSerializer[PowerSharing]):
    location_id = serializers.CharField(source="location.ocpi_id")

    class Meta:
        model = PowerSharing
        fields = [
            "location_id", "is_enabled", "fuse_a", "default_a", "volts", "shared_at",
            "last_updated",
        ]  # fmt: skip


class PlaceOut(serializers.ModelSerializer[EvsePlace]):
    """`rotation`: which phases of the connection (R, S, T) the first, second and third of the
    EVSE are. `standing`: 0 before others, 1 as usual, 2 after others."""

    evse_uid = serializers.CharField(source="evse.uid")
    rotation = serializers.ChoiceField(choices=PhaseRotation.choices)
    standing = serializers.ChoiceField(choices=Standing.choices)

    class Meta:
        model = EvsePlace
        fields = ["evse_uid", "rotation", "standing"]


class ShareOut(serializers.ModelSerializer[SessionShare]):
    """Amperes of the grid per phase. `offered_a`: what its station accepted; `asked_a`: what is
    on its way; `drawn_a`: what the car took last. `ignores`: more than it may."""

    session_id = serializers.UUIDField()
    evse_uid = serializers.CharField(source="session.evse.uid")
    drawn_a = serializers.SerializerMethodField()

    class Meta:
        model = SessionShare
        fields = [
            "session_id", "evse_uid", "offered_a", "asked_a", "drawn_a", "ignores", "changed_at",
        ]  # fmt: skip

    def get_drawn_a(self, share: SessionShare) -> float | None:
        return share.drawn_a[-1] if share.drawn_a else None


class LineLimitsOut(serializers.Serializer[Any]):
    """Amperes of each phase; kilowatts of all, null where nothing limits them."""

    l1_a = serializers.FloatField()
    l2_a = serializers.FloatField()
    l3_a = serializers.FloatField()
    power_kw = serializers.FloatField(allow_null=True)


class SharingOut(SharingRow):
    evses = PlaceOut(many=True)
    limits = LineLimitsOut()
    shares = ShareOut(many=True)

    class Meta(SharingRow.Meta):
        fields = [*SharingRow.Meta.fields, "evses", "limits", "shares"]


class PlaceIn(serializers.Serializer[Any]):
    evse_uid = serializers.CharField(max_length=36)
    rotation = serializers.ChoiceField(choices=PhaseRotation.choices, default=PhaseRotation.RST)
    standing = serializers.ChoiceField(choices=Standing.choices, default=Standing.USUAL)


class SharingIn(serializers.Serializer[Any]):
    """EVSEs that are not named stay as they are."""

    is_enabled = serializers.BooleanField(default=True)
    fuse_a = serializers.IntegerField(min_value=LEAST_A, max_value=MOST_FUSE_A)
    default_a = serializers.IntegerField(min_value=0, max_value=MOST_FUSE_A, default=LEAST_A)
    volts = serializers.IntegerField(min_value=LEAST_V, max_value=MOST_V, default=230)
    evses = serializers.ListField(child=PlaceIn(), default=list, max_length=MOST_EVSES)


class PowerSharingViewSet(ListModelMixin, GenericViewSet[PowerSharing]):
    """How locations share their power among the cars that charge there."""

    rule = CONFIGURE
    serializer_class = SharingRow
    queryset = selectors.sharings()
    orderings = {"location_id": "location__ocpi_id", "last_updated": "last_updated"}
    ordering = ("location__ocpi_id",)
    lookup_url_kwarg = "id"
    lookup_value_regex = ANY_TEXT

    @extend_schema(responses=SharingOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return _sharing(id)

    @extend_schema(request=SharingIn, responses=SharingOut)
    def update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        location = location_by_id(id)
        fields = valid(SharingIn(data=request.data))
        places = [services.Place(**place) for place in fields.pop("evses")]
        services.save_sharing(
            location=location, terms=services.Terms(**fields), places=places, now=timezone.now()
        )
        return _sharing(id)


def _sharing(text: str) -> Response:
    sharing = selectors.sharing_at(text)
    limits = selectors.limits_of(sharing, timezone.now())
    power_w = limits.get(POWER)
    shown = {
        **SharingRow(sharing).data,
        "evses": PlaceOut(selectors.places_of(sharing.location), many=True).data,
        "limits": {
            **{f"{str(line).lower()}_a": limits[line] for line in PHASES},
            "power_kw": None if power_w is None else power_w / 1000,
        },
        "shares": ShareOut(selectors.shares_of(sharing.location), many=True).data,
    }
    return Response(shown)
