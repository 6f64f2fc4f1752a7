"""Tokens, as their issuers push them to us (§12.2.2)."""

from typing import Any

from django.db import transaction
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from booking.enums import TokenType
from booking.services import issued_token, keep_issued_token
from ocpi.domain.bodies import without_nulls
from ocpi.errors import InvalidParameter, UnknownObject, UnknownToken
from ocpi.selectors import parties_of
from ocpi.transport.envelope import answer
from ocpi.transport.views import OcpiView
from ocpi.v221.mapping import token_object
from ocpi.v221.told import require_type, told_token

Json = dict[str, Any]


class TokenView(OcpiView):
    """One token of a party of the caller's: read, put, patched. There is no DELETE: `valid`
    says whether a token may charge."""

    http_method_names = ["get", "put", "patch"]
    limit = "tokens_a_minute"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        party = (kwargs["country_code"].upper(), kwargs["party_id"].upper())
        if party not in parties_of(self.partner):
            raise UnknownObject("This party is not one of yours.")

    @property
    def kind(self) -> str | None:
        """The `type` in the query, which some peers call `token_type`. Raises InvalidParameter."""
        query = self.request.query_params
        kind = query.get("type", query.get("token_type"))
        if kind is not None:
            require_type(kind, self.version)
        return kind

    def get(self, request: Request, country_code: str, party_id: str, uid: str) -> Response:
        found = issued_token(
            party=(country_code, party_id), uid=uid, kind=self.kind or TokenType.RFID
        )
        if found is None:
            raise UnknownToken
        return answer(token_object(found))

    def put(self, request: Request, country_code: str, party_id: str, uid: str) -> Response:
        body = _object(request)
        _require_same(body, (country_code, party_id), uid, self.kind)
        is_new = keep_issued_token(token=told_token(body, self.version))
        return answer(http=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @transaction.atomic
    def patch(self, request: Request, country_code: str, party_id: str, uid: str) -> Response:
        changes = _object(request)
        if "last_updated" not in changes:
            raise InvalidParameter("last_updated: needed in every PATCH")
        kind = self.kind or TokenType.RFID
        known = issued_token(party=(country_code, party_id), uid=uid, kind=kind, hold=True)
        if known is None:
            raise UnknownToken
        body = {**token_object(known), **changes}
        _require_same(body, (country_code, party_id), uid, kind)
        keep_issued_token(token=told_token(body, self.version))
        return answer()


def _object(request: Request) -> Json:
    if not isinstance(request.data, dict):
        raise InvalidParameter("The body must be an object.")
    body: Json = without_nulls(request.data)
    return body


def _require_same(body: Json, party: tuple[str, str], uid: str, kind: str | None) -> None:
    """Refuse a body that is another object than its URL names."""
    named = {"country_code": party[0], "party_id": party[1], "uid": uid}
    if kind is not None:
        named["type"] = kind
    for name, expected in named.items():
        given = body.get(name)
        if not isinstance(given, str) or given.casefold() != expected.casefold():
            raise InvalidParameter(f"{name}: not the one in the URL")
