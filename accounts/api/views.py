"""Log-in for programs, users, and one's own API tokens."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts import attempts, selectors, services
from accounts.api import serializers as shapes
from accounts.api.filters import AuditFilter, UserFilter
from accounts.api.requests import ID_PATTERN, valid, who
from accounts.errors import WrongCredentials
from accounts.inviting import invite
from accounts.models import ApiToken, AuditEntry, User
from accounts.permissions import ADMINISTER, OWN, PUBLIC


class AuthTokenView(APIView):
    """An API token for e-mail and password; it lasts 90 days."""

    rule = PUBLIC
    authentication_classes = ()

    @extend_schema(request=shapes.LogIn, responses=shapes.TokenShown, auth=[])
    def post(self, request: Request) -> Response:
        fields = valid(shapes.LogIn(data=request.data))
        address = request.META.get("REMOTE_ADDR") or ""
        attempts.check(fields["email"], address)
        try:
            user = services.log_in(**fields)
        except WrongCredentials:
            attempts.count_failure(fields["email"], address)
            raise
        _, text = services.issue_token(user=user, name="log-in", now=timezone.now())
        return Response({"token": text})


class UserViewSet(ListModelMixin, GenericViewSet[User]):
    """The CPO's staff."""

    rule = ADMINISTER
    serializer_class = shapes.UserOut
    queryset = selectors.users()
    filterset_class = UserFilter
    orderings = {"email": "email", "created_at": "created_at"}
    ordering = ("email", "pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = ID_PATTERN

    @extend_schema(responses=shapes.UserOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(shapes.UserOut(selectors.user_by_id(int(id))).data)

    @extend_schema(request=shapes.UserNew, responses={201: shapes.UserOut})
    def create(self, request: Request) -> Response:
        fields = valid(shapes.UserNew(data=request.data))
        user = services.add_user(**fields)
        if "password" not in fields:
            invite(user=user)
        return Response(shapes.UserOut(user).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.UserIn, responses=shapes.UserOut)
    def update(self, request: Request, id: str, *, partial: bool = False) -> Response:  # noqa: A002 -- the name in the URL
        user = selectors.user_by_id(int(id))
        fields = valid(shapes.UserIn(data=request.data, partial=partial))
        services.change_user(user=user, now=timezone.now(), **fields)
        return Response(shapes.UserOut(user).data)

    @extend_schema(request=shapes.UserIn(partial=True), responses=shapes.UserOut)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return self.update(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        services.delete_user(user=selectors.user_by_id(int(id)), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class AuditViewSet(ListModelMixin, GenericViewSet[AuditEntry]):
    """What staff and their programs asked for beyond reading."""

    rule = ADMINISTER
    serializer_class = shapes.AuditEntryOut
    queryset = selectors.audit_entries()
    filterset_class = AuditFilter
    orderings = {"at": "at"}
    ordering = ("-at", "-pk")


class ApiTokenViewSet(ListModelMixin, GenericViewSet[ApiToken]):
    """One's own API tokens; nobody sees another's."""

    rule = OWN
    serializer_class = shapes.ApiTokenOut
    queryset = ApiToken.objects.none()
    orderings = {"created_at": "created_at", "name": "name"}
    ordering = ("-created_at", "-pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = ID_PATTERN

    def get_queryset(self) -> Any:
        return selectors.tokens_of(who(self.request))

    @extend_schema(request=shapes.ApiTokenIn, responses={201: shapes.ApiTokenCreated})
    def create(self, request: Request) -> Response:
        fields = valid(shapes.ApiTokenIn(data=request.data))
        token, text = services.issue_token(
            user=who(request),
            name=fields["name"],
            now=timezone.now(),
            lifetime=timedelta(days=fields["lifetime_days"]),
        )
        body = {**shapes.ApiTokenOut(token).data, "token": text}
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Revoke it: from now on it opens nothing."""
        token = selectors.token_of(who(request), int(id))
        services.revoke_token(token=token, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
