"""Looks at the configuration, the engines and the processes. Each look may fail by itself; what
it needs and does not get becomes a finding too."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import psycopg
import redis
from celery import Celery
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from booking.services.upkeep import METER_SAMPLES
from cpms import pulse
from cpms.management.doctor import findings
from cpms.management.doctor.findings import FAIL, OK, WARN, Finding
from ocpi.services.messages import MESSAGE_LOG as OCPI_MESSAGES
from stations.models import Gateway
from stations.services.gateways import DEAD_AFTER
from stations.services.partitions import MESSAGE_LOG

ANSWER_WITHIN_S = 2.0
START_WITHIN_S = 25.0  # workers and beat come after the web process, and beat speaks every 10 s
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def look() -> Iterator[Finding]:
    """All findings, one after the other."""
    yield from _configuration()
    has_database = False
    for finding in _database():
        has_database = has_database or (finding.check, finding.level) == ("database", OK)
        yield finding
    if has_database:
        yield from _with_database()
    yield from _redis_and_workers()


def _configuration() -> Iterator[Finding]:
    yield Finding("configuration", OK, "every variable can be read")
    yield findings.of_secret_key(settings.SECRET_KEY)
    yield findings.of_exposure(settings.PUBLIC_URL, settings.HOST)
    yield Finding("tls", OK, "off: a proxy in front ends TLS")
    path = settings.DATA_DIR
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield findings.of_disk(shutil.disk_usage(path).free, str(path))
    except OSError as fault:
        yield Finding("disk", FAIL, f"{path}: {fault.strerror}", "Set CPMS_DATA_DIR.")


def _database() -> Iterator[Finding]:
    try:
        _connect_once()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int")
            version = cursor.fetchone()[0]
            cursor.execute(
                "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"
            )
            is_read_only = cursor.fetchone()[0]
            cursor.execute(
                "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(DURABLE)]
            )
            durable = dict(cursor.fetchall())
    except (DatabaseError, psycopg.Error) as fault:
        advice = "Start it (make run), or set DATABASE_URL right."
        yield Finding("database", FAIL, _line(fault), advice)
        return
    yield findings.of_postgres_version(version)
    yield findings.of_durability(durable)
    if is_read_only:
        advice = "DATABASE_URL must name the primary, not a replica."
        yield Finding("database", FAIL, "takes no writes", advice)
    else:
        yield Finding("database", OK, "reachable, takes writes")


def _connect_once() -> None:
    """Past Django's pool, which tries for long and does not say why it fails."""
    wanted = connection.settings_dict
    psycopg.connect(
        host=wanted["HOST"],
        port=wanted["PORT"] or None,
        user=wanted["USER"],
        password=wanted["PASSWORD"],
        dbname=wanted["NAME"],
        connect_timeout=int(ANSWER_WITHIN_S),
    ).close()


def _with_database() -> Iterator[Finding]:
    for check, one in (
        ("migrations", _migrations),
        ("partitions", _partitions),
        ("clock", _clock),
        ("web", _gateways),
    ):
        yield _seen(check, one)


def _seen(check: str, one: Callable[[], Finding]) -> Finding:
    """A missing table is the finding of the migrations; others say what they could not do."""
    try:
        with transaction.atomic():
            return one()
    except DatabaseError as fault:
        return Finding(check, FAIL, _line(fault), "Run: manage.py migrate.")


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    return findings.of_migrations(len(executor.migration_plan(executor.loader.graph.leaf_nodes())))


def _partitions() -> Finding:
    now = datetime.now(UTC)
    next_month = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
    wanted = [
        f"{MESSAGE_LOG}_{now:%Y%m%d}",
        f"{MESSAGE_LOG}_{now + timedelta(days=1):%Y%m%d}",
        f"{OCPI_MESSAGES}_{now:%Y%m%d}",
        f"{OCPI_MESSAGES}_{now + timedelta(days=1):%Y%m%d}",
        f"{METER_SAMPLES}_{now:%Y%m}",
        f"{METER_SAMPLES}_{next_month:%Y%m}",
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL", [wanted]
        )
        return findings.of_partitions([row[0] for row in cursor.fetchall()])


def _clock() -> Finding:
    with connection.cursor() as cursor:
        before = datetime.now(UTC)
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
        after = datetime.now(UTC)
    return findings.of_clock(before + (after - before) / 2 - theirs)


def _gateways() -> Finding:
    heard_since = datetime.now(UTC) - DEAD_AFTER
    return findings.of_gateways(Gateway.objects.filter(alive_at__gt=heard_since).count())


def _redis_and_workers() -> Iterator[Finding]:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S
    )
    try:
        about = cast("dict[str, Any]", client.info("server"))
        yield findings.of_redis_version(str(about["redis_version"]))
        until = time.monotonic() + (START_WITHIN_S if _has_gateway() else 0)
        yield _patiently(lambda: findings.of_workers(_workers()), until)
        yield _patiently(lambda: findings.of_beat(pulse.last_beat(), datetime.now(UTC)), until)
    except (redis.RedisError, OSError) as fault:
        advice = "Start it (make run), or set REDIS_URL right. Nothing is lost without it."
        yield Finding("redis", FAIL, _line(fault), advice)
        yield Finding("workers", WARN, "cannot be asked without Redis", "Mend Redis first.")
    finally:
        with suppress(redis.RedisError, OSError):
            client.close()


def _patiently(one: Callable[[], Finding], until: float) -> Finding:
    """What it finds; again while it finds a process missing that may have just been started."""
    while (found := one()).level == FAIL and time.monotonic() < until:
        time.sleep(1)
    return found


def _has_gateway() -> bool:
    with suppress(DatabaseError):
        return _gateways().level == OK
    return False


def _workers() -> list[str]:
    """The names of the Celery workers that answer."""
    app = Celery("doctor", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    answers = app.control.ping(timeout=ANSWER_WITHIN_S) or []
    app.close()
    return [name for answer in answers for name in answer]


def _line(fault: Exception) -> str:
    return next(iter(str(fault).splitlines()), type(fault).__name__)
