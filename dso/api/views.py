"""Grid operators over REST: read by all staff, kept by administrators."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import valid
from accounts.permissions import CONFIGURE, OPERATE
from dso import selectors
from dso.api import serializers as shapes
from dso.api.filters import DsoFilter
from dso.enums import Protocol
from dso.models import Dso
from dso.services import keeping, polling
from energy.domain.supply import Limit


class DsoViewSet(ListModelMixin, GenericViewSet[Dso]):
    """The grid operators that limit or price what our sources take."""

    rule = CONFIGURE
    serializer_class = shapes.DsoOut
    queryset = selectors.dsos()
    filterset_class = DsoFilter
    orderings = {"name": "name", "created_at": "created_at"}
    ordering = ("name", "pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(responses=shapes.DsoOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(_body(int(id)))

    @extend_schema(request=shapes.DsoNew, responses={201: shapes.DsoMade})
    def create(self, request: Request) -> Response:
        """Add one. An OSCP peer that shall register with us gets an invitation; its token A is
        shown here only."""
        fields = valid(shapes.DsoNew(data=request.data))
        dso, invitation = _made(fields)
        body = _body(dso.pk)
        body["invitation"] = invitation and shapes.PeerInvitationOut(invitation).data
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Forget it: what it said ends."""
        keeping.remove(dso=selectors.dso_by_id(int(id)), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=shapes.PolledOut)
    @action(detail=True, methods=["post"], rule=OPERATE)
    def poll(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Read a VTN now."""
        dso = selectors.dso_by_id(int(id))
        reading = polling.poll(dso_id=dso.pk)
        counts = {"limits": len(reading.limits), "prices": len(reading.prices)}
        return Response({**_body(dso.pk), **counts})

    @extend_schema(request=None, responses={202: shapes.DsoOut})
    @action(detail=True, methods=["post"])
    def handshake(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Ask an OSCP peer for a new handshake, or send our registration again."""
        dso = selectors.dso_by_id(int(id))
        keeping.shake_hands(dso=dso, now=timezone.now())
        return Response(_body(dso.pk), status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=shapes.DsoOut)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Neither let it in nor ask it anything; its last limits hold."""
        dso = selectors.dso_by_id(int(id))
        keeping.suspend(dso=dso, on=True, now=timezone.now())
        return Response(_body(dso.pk))

    @extend_schema(request=None, responses=shapes.DsoOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        dso = selectors.dso_by_id(int(id))
        keeping.suspend(dso=dso, on=False, now=timezone.now())
        return Response(_body(dso.pk))

    @extend_schema(request=shapes.LinkNew, responses={201: shapes.DsoOut})
    @action(detail=True, methods=["post"])
    def link(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Let it speak for a source."""
        dso = selectors.dso_by_id(int(id))
        keeping.link(dso=dso, now=timezone.now(), **valid(shapes.LinkNew(data=request.data)))
        return Response(_body(dso.pk), status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.UnlinkIn, responses=shapes.DsoOut)
    @action(detail=True, methods=["post"])
    def unlink(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """It speaks for a source no longer; `id` is that of the link."""
        dso = selectors.dso_by_id(int(id))
        asked = valid(shapes.UnlinkIn(data=request.data))
        keeping.unlink(dso=dso, link_id=asked["id"], now=timezone.now())
        return Response(_body(dso.pk))

    @extend_schema(request=shapes.AdjustIn, responses={202: shapes.DsoOut})
    @action(detail=True, methods=["post"], rule=OPERATE)
    def adjust(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Ask an OSCP peer for another capacity in a period; it may answer with a forecast."""
        dso = selectors.dso_by_id(int(id))
        asked = valid(shapes.AdjustIn(data=request.data))
        link = selectors.link_of(dso, asked["id"])
        limit = Limit(asked["kw"], asked["starts_at"], asked["ends_at"])
        keeping.ask_capacity(link=link, limit=limit, now=timezone.now())
        return Response(_body(dso.pk), status=status.HTTP_202_ACCEPTED)


def _made(fields: dict[str, Any]) -> tuple[Dso, keeping.Invitation | None]:
    now, protocol = timezone.now(), fields.pop("protocol")
    secret = fields.pop("secret", "")
    if protocol == Protocol.OPENADR3:
        return keeping.add_vtn(fields=fields, secret=secret, now=now), None
    if secret:
        return keeping.add_peer(token_a=secret, now=now, **fields), None
    invitation = keeping.invite_peer(name=fields["name"], now=now)
    return invitation.dso, invitation


def _body(dso_id: int) -> dict[str, Any]:
    return dict(shapes.DsoOut(selectors.dso_by_id(dso_id)).data)
