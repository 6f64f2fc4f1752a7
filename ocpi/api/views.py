"""Roaming partners over REST: read by all staff, kept by administrators."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ID_PATTERN, valid
from accounts.permissions import CONFIGURE, OPERATE
from ocpi import selectors
from ocpi.api import serializers as shapes
from ocpi.api.filters import PartnerFilter
from ocpi.models import Handshake, Partner
from ocpi.services import partners, pulling, resync, watching


class PartnerViewSet(ListModelMixin, GenericViewSet[Partner]):
    """The eMSPs and hubs that we roam with."""

    rule = CONFIGURE
    serializer_class = shapes.PartnerOut
    queryset = selectors.partners_with_outbox()
    filterset_class = PartnerFilter
    orderings = {"name": "name", "created_at": "created_at"}
    ordering = ("name", "pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = ID_PATTERN

    @extend_schema(responses=shapes.PartnerWhole)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(_body(int(id)))

    @extend_schema(request=shapes.PartnerNew, responses={201: shapes.PartnerInvited})
    def create(self, request: Request) -> Response:
        """Invite a partner: its token A is shown here only. One that left or never registered is
        invited anew; the token A before is dead then."""
        fields = valid(shapes.PartnerNew(data=request.data))
        return _invited(partners.invite(now=timezone.now(), **fields))

    @extend_schema(request=shapes.PolicyIn, responses=shapes.PartnerWhole)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Change how its failures are met."""
        partner = selectors.partner_by_id(int(id))
        fields = valid(shapes.PolicyIn(data=request.data))
        if fields:
            partners.change_policy(partner=partner, fields=fields)
        return Response(_body(partner.pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """End the relation: the partner is told, and forgotten whatever it says."""
        partners.remove(partner=selectors.partner_by_id(int(id)))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={201: shapes.PartnerInvited})
    @action(detail=True, methods=["post"])
    def invite(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """A new token A for a partner that has not registered yet, or left."""
        partner = selectors.partner_by_id(int(id))
        return _invited(partners.invite(name=partner.name, now=timezone.now()))

    @extend_schema(request=shapes.ConnectIn, responses=shapes.PartnerShaken)
    @action(detail=True, methods=["post"])
    def connect(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Register at the partner, with the token A and the versions URL that it gave us."""
        partner = selectors.partner_by_id(int(id))
        fields = valid(shapes.ConnectIn(data=request.data))
        row, work = watching.connect(
            partner=partner,
            token_a=fields["token_a"],
            url=fields["versions_url"],
            now=timezone.now(),
        )
        work()
        return _shaken(row)

    @extend_schema(request=None, responses=shapes.PartnerShaken)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """New tokens, both ways. The old ones open nothing after a moment."""
        partner = selectors.partner_by_id(int(id))
        row, work = watching.rotate(partner=partner, now=timezone.now())
        work()
        return _shaken(row)

    @extend_schema(request=None, responses=shapes.PartnerWhole)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Neither let it in nor send it anything, until it is resumed; what is owed stays."""
        partner = selectors.partner_by_id(int(id))
        partners.suspend(partner=partner)
        return Response(_body(partner.pk))

    @extend_schema(request=None, responses=shapes.PartnerWhole)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        partner = selectors.partner_by_id(int(id))
        partners.resume(partner=partner)
        return Response(_body(partner.pk))

    @extend_schema(request=shapes.PushIn, responses={202: shapes.PartnerWhole})
    @action(detail=True, methods=["post"], rule=OPERATE)
    def push(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Try at once whatever is owed, the refused too; `full`: owe everything first."""
        partner = selectors.partner_by_id(int(id))
        fields = valid(shapes.PushIn(data=request.data))
        resync.ask_push(partner=partner, full=fields["full"], now=timezone.now())
        return Response(_body(partner.pk), status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=shapes.PushIn, responses={202: shapes.PartnerWhole})
    @action(detail=True, methods=["post"], rule=OPERATE)
    def pull(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Read its tokens soon: those that changed, or with `full` all."""
        partner = selectors.partner_by_id(int(id))
        fields = valid(shapes.PushIn(data=request.data))
        pulling.ask_for_pull(partner=partner, now=timezone.now(), whole=fields["full"])
        return Response(_body(partner.pk), status=status.HTTP_202_ACCEPTED)


def _body(partner_id: int) -> dict[str, Any]:
    return dict(shapes.PartnerWhole(selectors.partner_by_id(partner_id)).data)


def _invited(invitation: partners.Invitation) -> Response:
    body = _body(invitation.partner.pk)
    body["invitation"] = shapes.InvitationOut(invitation).data
    return Response(body, status=status.HTTP_201_CREATED)


def _shaken(row: Handshake) -> Response:
    body = _body(row.partner_id)
    body["handshake"] = shapes.HandshakeOut(row).data
    return Response(body)
