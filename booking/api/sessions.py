"""Sessions and CDRs over REST; start and stop from afar; the external status of a location."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.api.requests import UUID_PATTERN, valid, who
from accounts.permissions import ADMINISTER, OPERATE
from booking import selectors, services
from booking.api import serializers as shapes
from booking.api.filters import CdrFilter, SessionFilter
from booking.models import Cdr, ChargingSession
from stations.api.commands import CommandOut
from stations.selectors import evse_by_uid, location_by_id
from tariffs.selectors import tariff_by_id


class SessionViewSet(ListModelMixin, GenericViewSet[ChargingSession]):
    """One car, one EVSE, from start to stop (OCPI Session)."""

    rule = OPERATE
    serializer_class = shapes.SessionOut
    queryset = selectors.sessions().prefetch_related("evse__connectors", "cdrs")
    filterset_class = SessionFilter
    orderings = {"start_date_time": "started_at", "last_updated": "last_updated",
                 "kwh": "energy_wh"}  # fmt: skip
    ordering = ("-started_at", "-pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = UUID_PATTERN

    @extend_schema(responses=shapes.SessionOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(shapes.SessionOut(selectors.session_by_id(UUID(id))).data)

    @extend_schema(request=shapes.StartIn, responses={202: CommandOut})
    @action(detail=False, methods=["post"])
    def start(self, request: Request) -> Response:
        """Ask the station to start charging (RemoteStartTransaction)."""
        fields = valid(shapes.StartIn(data=request.data))
        command = services.request_start(
            evse=evse_by_uid(fields["evse_uid"]),
            id_token=fields["id_token"],
            now=timezone.now(),
            issued_by=who(request),
        )
        return Response(CommandOut(command).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: CommandOut})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Ask the station to stop (RemoteStopTransaction)."""
        session = selectors.session_by_id(UUID(id))
        command = services.request_stop(session=session, now=timezone.now(), issued_by=who(request))
        return Response(CommandOut(command).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=shapes.SampleOut(many=True), filters=False)
    @action(
        detail=True,
        url_path="meter-values",
        serializer_class=shapes.SampleOut,
        filterset_class=None,
        orderings={},
        ordering=("measured_at", "content_hash"),
    )
    def meter_values(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """What the station's meter told, in the order of time."""
        session = selectors.session_by_id(UUID(id))
        samples: Any = selectors.meter_samples(session)  # not the queryset of the view's model
        page: Any = self.paginate_queryset(samples)
        return self.get_paginated_response(shapes.SampleOut(page, many=True).data)

    @extend_schema(responses=shapes.CurveOut)
    @action(detail=True, url_path="power-curve")
    def power_curve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Power and state of charge over time, ready to draw."""
        session = selectors.session_by_id(UUID(id))
        return Response(shapes.CurveOut(asdict(selectors.power_curve(session))).data)


class CdrViewSet(ListModelMixin, GenericViewSet[Cdr]):
    """Charge detail records (OCPI CDR): they never change, a wrong one is credited."""

    rule = OPERATE
    serializer_class = shapes.CdrOut
    queryset = selectors.cdrs()
    filterset_class = CdrFilter
    orderings = {"last_updated": "issued_at", "start_date_time": "started_at",
                 "end_date_time": "ended_at", "total_energy": "energy_wh"}  # fmt: skip
    ordering = ("-issued_at", "-pk")
    lookup_url_kwarg = "id"
    lookup_value_regex = UUID_PATTERN

    @extend_schema(responses=shapes.CdrOut)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        return Response(shapes.CdrOut(selectors.cdr_by_id(UUID(id))).data)

    @extend_schema(request=shapes.CorrectionIn, responses={201: shapes.CorrectionOut})
    @action(detail=True, methods=["post"], rule=ADMINISTER)
    def correct(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        """Credit a CDR, and issue the right one in its place."""
        fields = valid(shapes.CorrectionIn(data=request.data))
        cdr, now, by = selectors.cdr_by_id(UUID(id)), timezone.now(), who(request)
        reason = fields["reason"]
        right = None
        if fields["void"]:
            credit = services.void_cdr(cdr=cdr, reason=reason, now=now, by=by)
        else:
            credit, right = services.correct_cdr(
                cdr=cdr, correction=_correction(fields), reason=reason, now=now, by=by
            )
        body = shapes.CorrectionOut({"credit": credit, "cdr": right}).data
        return Response(body, status=status.HTTP_201_CREATED)


def _correction(fields: dict[str, Any]) -> services.Correction:
    energy, tariff_id = fields.get("total_energy"), fields.get("tariff_id")
    return services.Correction(
        energy_wh=None if energy is None else int(energy * 1000),
        ended_at=fields.get("end_date_time"),
        version=tariff_by_id(tariff_id).versions.latest("number") if tariff_id else None,
    )


class ExternalStatusView(APIView):
    """What drivers may know of a location."""

    rule = OPERATE

    @extend_schema(responses=shapes.ExternalStatusOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 -- the name in the URL
        now = timezone.now()
        found = selectors.external_status(location_by_id(id), now)
        return Response(shapes.ExternalStatusOut(found).data)
