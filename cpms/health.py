"""`/healthz`, `/readyz`, `/metrics`: what a balancer and a monitor ask."""

import ipaddress
import secrets

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from accounts.permissions import PUBLIC
from cpms import wakeups
from cpms.router import route
from ocpp_gateway.process import is_draining

_migrated: bool = False


def healthz(request: HttpRequest) -> JsonResponse:
    """The process lives."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when work can be done here: the database writable, migrations applied, not draining.
    Redis only makes things quick, so without it we are `degraded`, still 200."""
    checks = {
        "database": "ok" if _is_writable() else "not writable",
        "migrations": "ok" if _is_migrated() else "not applied",
        "draining": "yes" if is_draining() else "no",
        "redis": "ok" if wakeups.is_reachable() else "not reachable",
    }
    if (checks["database"], checks["migrations"], checks["draining"]) != ("ok", "ok", "no"):
        return JsonResponse({"status": "unavailable", "checks": checks}, status=503)
    status = "ok" if checks["redis"] == "ok" else "degraded"
    return JsonResponse({"status": status, "checks": checks})


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text of this process, for who may see it: what is counted tells who tries to
    get in and how we fare."""
    if not _may_measure(request):
        refusal = HttpResponse("Not for you: see CPMS_METRICS_TOKEN.", status=401)
        refusal["Content-Type"], refusal["WWW-Authenticate"] = "text/plain", "Bearer"
        return refusal
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_measure(request: HttpRequest) -> bool:
    """Who bears the token; while none is set, whoever asks from this machine."""
    if settings.METRICS_TOKEN:
        held = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(held.encode(), settings.METRICS_TOKEN.encode())
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _is_writable() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"
            )
            row = cursor.fetchone()
    except DatabaseError:
        return False
    return row is not None and row[0] is False


def _is_migrated() -> bool:
    global _migrated  # noqa: PLW0603 -- once true it stays true for this code
    if not _migrated:
        try:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return False
    return _migrated


urlpatterns = [
    route("healthz", healthz, PUBLIC),
    route("readyz", readyz, PUBLIC),
    route("metrics", metrics, PUBLIC),
]
