"""The objects of ours that partners read: locations, sessions, CDRs, tariffs."""

import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from booking.models import Cdr, ChargingSession
from ocpi import selectors
from ocpi.domain.documents import written
from ocpi.enums import Module
from ocpi.errors import UnknownLocation, UnknownObject
from ocpi.transport.envelope import TextAnswer, answer, answer_with_text
from ocpi.transport.paging import Page, page_of
from ocpi.transport.views import OcpiView
from ocpi.v221 import mapping
from tariffs.models import Tariff

M = TypeVar("M", bound=Model)


class ReadView(OcpiView):
    """Objects of that party of ours which `OCPI-to` names; of all when it names none."""

    http_method_names = ["get"]

    def ours(self, rows: QuerySet[M], prefix: str = "") -> QuerySet[M]:
        receiver = self.route.receiver if self.route else None
        if receiver is None:
            return rows
        return rows.filter(
            Q(**{f"{prefix}country_code__iexact": receiver[0]}),
            Q(**{f"{prefix}party_id__iexact": receiver[1]}),
        )

    def session_object(self, session: ChargingSession) -> dict[str, Any]:
        return self.shaped(Module.SESSIONS, mapping.session_object(session))

    def cdr_object(self, cdr: Cdr) -> dict[str, Any]:
        return self.shaped(Module.CDRS, cdr.body)

    def tariff_object(self, tariff: Tariff) -> dict[str, Any]:
        return self.shaped(Module.TARIFFS, mapping.tariff_object(tariff))

    def page(
        self, request: Request, rows: QuerySet[M], show: Callable[[M], Any], changed: str
    ) -> TextAnswer:
        """A page of objects that are shown one by one."""
        return self.page_of_texts(
            request, rows, lambda found: [written(show(row)) for row in found], changed
        )

    def page_of_texts(
        self,
        request: Request,
        rows: QuerySet[M],
        show: Callable[[QuerySet[M]], list[str]],
        changed: str,
    ) -> TextAnswer:
        url = f"{settings.PUBLIC_URL}{request.path}"
        return page_of(rows, Page.of(request.query_params), url, show, changed)


class LocationsView(ReadView):
    """§8.2.1: the list, paginated."""

    def get(self, request: Request) -> HttpResponse:
        now, parties = timezone.now(), selectors.parties_of(self.partner)
        return self.page_of_texts(
            request,
            self.ours(selectors.locations(now)),
            lambda rows: selectors.location_texts(rows, parties, now),
            "changed_at",
        )


class LocationView(ReadView):
    """§8.2.1: one Location, EVSE or Connector."""

    def get(
        self,
        request: Request,
        location_id: str,
        evse_uid: str | None = None,
        connector_id: str | None = None,
    ) -> HttpResponse:
        now, parties = timezone.now(), selectors.parties_of(self.partner)
        rows = self.ours(selectors.locations(now)).filter(ocpi_id__iexact=location_id)
        texts = selectors.location_texts(rows, parties, now)
        if not texts:
            raise UnknownLocation
        if evse_uid is None:
            return answer_with_text(texts[0])
        body = _part(json.loads(texts[0]).get("evses", []), "uid", evse_uid)
        if connector_id is not None:
            body = _part(body["connectors"], "id", connector_id)
        return answer(body)


def _part(parts: list[dict[str, Any]], name: str, wanted: str) -> dict[str, Any]:
    """The part with this id, whatever its case. Raises UnknownLocation."""
    for part in parts:
        if str(part[name]).casefold() == wanted.casefold():
            return part
    raise UnknownLocation


class SessionsView(ReadView):
    """§9.2.1: the sessions of the caller's own tokens."""

    def get(self, request: Request) -> HttpResponse:
        rows = self.ours(selectors.sessions_of(self.partner), "evse__location__")
        return self.page(request, rows, self.session_object, "last_updated")


class SessionView(ReadView):
    """One session of the caller's own tokens; another's does not exist for it."""

    def get(self, request: Request, session_id: str) -> Response:
        rows = self.ours(selectors.sessions_of(self.partner), "evse__location__")
        session: ChargingSession = _one(rows, session_id)
        return answer(self.session_object(session))


class CdrsView(ReadView):
    """§10.2.1: the CDRs of the caller's own tokens, as they were issued."""

    def get(self, request: Request) -> HttpResponse:
        rows = self.ours(selectors.cdrs_of(self.partner), "session__evse__location__")
        return self.page_of_texts(request, rows, self.texts, "issued_at")

    def texts(self, rows: QuerySet[Cdr]) -> list[str]:
        """Without making rows of them: each is its body."""
        bodies = rows.annotate(text=Cast("body", TextField())).values_list("text", flat=True)
        return [written(self.shaped(Module.CDRS, orjson.loads(text))) for text in bodies]


class CdrView(ReadView):
    """One CDR of the caller's own tokens."""

    def get(self, request: Request, cdr_id: str) -> Response:
        rows = self.ours(selectors.cdrs_of(self.partner), "session__evse__location__")
        cdr: Cdr = _one(rows, cdr_id)
        return answer(self.cdr_object(cdr))


def _one(rows: QuerySet[M], text: str) -> M:
    """By our UUID. Raises UnknownObject for any other text too."""
    try:
        found = rows.filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise UnknownObject
    return found


class TariffsView(ReadView):
    """§11.2.1: the list, paginated; without those agreed with other partners."""

    def get(self, request: Request) -> HttpResponse:
        rows = self.ours(selectors.tariffs(selectors.parties_of(self.partner)))
        return self.page(request, rows, self.tariff_object, "changed_at")


class TariffView(ReadView):
    """One Tariff."""

    def get(self, request: Request, tariff_id: str) -> Response:
        rows: QuerySet[Tariff] = self.ours(selectors.tariffs(selectors.parties_of(self.partner)))
        found = rows.filter(ocpi_id__iexact=tariff_id).first()
        if found is None:
            raise UnknownObject
        return answer(self.tariff_object(found))
