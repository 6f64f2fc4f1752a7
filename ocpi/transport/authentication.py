"""`Authorization: Token …`: who asks."""

from dataclasses import dataclass, field

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from ocpi.domain.credentials import tokens_in
from ocpi.errors import UnknownCredentials
from ocpi.models import Partner, PartnerToken
from ocpi.selectors import token_of


@dataclass(frozen=True, slots=True)
class Caller:
    """A partner that let itself in: with which of its tokens, and that token's text."""

    row: PartnerToken
    token: str = field(repr=False)

    @property
    def partner(self) -> Partner:
        return self.row.partner


class CredentialsToken(BaseAuthentication):
    """Knows a partner by a credentials token that we gave it; everybody else is refused."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Caller]:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        found = token_of(tokens_in(header), timezone.now())
        if found is None:
            raise UnknownCredentials
        return AnonymousUser(), Caller(*found)

    def authenticate_header(self, request: Request) -> str:
        return "Token"
