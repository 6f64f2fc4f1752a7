"""Tokens over REST: who may charge."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import ID_PATTERN, changed, valid
from accounts.permissions import OPERATE
from booking import selectors, services
from booking.api import serializers as shapes
from booking.api.filters import TokenFilter
from booking.models import Token


class TokenViewSet(ListModelMixin, GenericViewSet[Token]):
    """The CPO's own tokens and the eMSPs' (OCPI Token); an eMSP's only the eMSP changes."""

    rule = OPERATE
    serializer_class = shapes.TokenOut
    queryset = selectors.tokens()
    filterset_class = TokenFilter
    orderings = {"uid": "uid", "created_at": "created_at", "last_updated": "last_updated"}
    ordering = ("uid", "pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = ID_PATTERN

    @extend_schema(responses=shapes.TokenOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(shapes.TokenOut(selectors.token_by_id(int(id))).data)

    @extend_schema(request=shapes.TokenNew, responses={201: shapes.TokenOut})
    def create(self, request: Request) -> Response:
        fields = valid(shapes.TokenNew(data=request.data))
        token = services.add_token(token=Token(**fields), now=timezone.now())
        return Response(shapes.TokenOut(token).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.TokenIn, responses=shapes.TokenOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        token = selectors.token_by_id(int(id))
        fields: dict[str, Any] = valid(shapes.TokenIn(data=request.data, partial=partial))
        services.change_token(token=changed(token, fields), now=timezone.now())
        return Response(shapes.TokenOut(token).data)

    @extend_schema(request=shapes.TokenIn(partial=True), responses=shapes.TokenOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.delete_token(token=selectors.token_by_id(int(id)))
        return Response(status=status.HTTP_204_NO_CONTENT)
