import json
import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches

from booking import services as booking
from cpms import pulse
from cpms.management.doctor import findings, looking
from cpms.management.doctor.findings import FAIL, OK, WARN
from ocpi.services import messages
from stations.services import gateway_alive
from tests.management.conftest import manage

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
GIB = 1024**3
ON = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(looking, "START_WITHIN_S", 0)


@pytest.mark.parametrize(
    ("finding", "level", "said"),
    [
        (findings.of_postgres_version(150018), OK, "PostgreSQL 15.18"),
        (findings.of_postgres_version(140012), FAIL, "PostgreSQL 14.12"),
        (findings.of_postgres_version(190000), WARN, "PostgreSQL 19.0"),
        (findings.of_durability(ON), OK, "a commit is on disk"),
        (findings.of_durability({**ON, "fsync": "off"}), FAIL, "off: fsync"),
        (
            findings.of_durability({**ON, "synchronous_commit": "local"}),
            FAIL,
            "off: synchronous_commit",
        ),
        (findings.of_redis_version("6.2.14"), OK, "Redis 6.2.14"),
        (findings.of_redis_version("5.0.7"), FAIL, "Redis 5.0.7"),
        (findings.of_clock(timedelta(milliseconds=-20)), OK, "0.020 s from the database's"),
        (findings.of_clock(timedelta(seconds=-2)), WARN, "2.000 s from the database's"),
        (findings.of_clock(timedelta(hours=1)), FAIL, "3600.000 s from the database's"),
        (findings.of_disk(80 * GIB, "/d"), OK, "80.0 GiB free for /d"),
        (findings.of_disk(GIB, "/d"), WARN, "1.0 GiB free for /d"),
        (findings.of_disk(0, "/d"), FAIL, "0.0 GiB free for /d"),
        (findings.of_beat(NOW - timedelta(seconds=9), NOW), OK, "last heard of 9 s ago"),
        (findings.of_beat(NOW - timedelta(seconds=31), NOW), FAIL, "last heard of 31 s ago"),
        (findings.of_beat(None, NOW), FAIL, "nothing heard of it"),
        (findings.of_workers(["b", "a"]), OK, "2 alive: a, b"),
        (findings.of_workers([]), FAIL, "none answers"),
        (findings.of_gateways(2), OK, "2 alive"),
        (findings.of_gateways(0), FAIL, "no web process is alive"),
        (findings.of_migrations(0), OK, "all applied"),
        (findings.of_migrations(3), FAIL, "3 not applied"),
        (findings.of_partitions([]), OK, "made ahead"),
        (findings.of_partitions(["t_202612"]), WARN, "not there yet: t_202612"),
        (findings.of_secret_key("k" * 32), OK, "long enough"),
        (findings.of_secret_key("k" * 31), WARN, "31 characters"),
        (findings.of_exposure("https://a", "10.0.0.5"), OK, "https://a"),
        (
            findings.of_exposure("http://a", "127.0.0.1"),
            OK,
            "http://a, reached from this host only",
        ),
        (findings.of_exposure("http://a", "10.0.0.5"), WARN, "http://a is not encrypted"),
    ],
)
def test_what_a_look_means_and_only_trouble_gets_advice(finding, level, said):
    assert (finding.level, finding.said, bool(finding.advice)) == (level, said, level != OK)


@pytest.mark.parametrize(
    ("levels", "expected"), [([], OK), ([OK, WARN], WARN), ([WARN, FAIL, OK], FAIL)]
)
def test_the_worst_finding_counts(levels, expected):
    assert findings.worst([findings.Finding("x", level, "") for level in levels]) == expected


@pytest.fixture(autouse=True)
def _own_keys(settings):
    own = {**settings.CACHES["redis"], "KEY_PREFIX": f"test-{secrets.token_hex(4)}:"}
    settings.CACHES = settings.CACHES | {"redis": own}
    yield
    caches["redis"].delete(pulse.KEY)


@pytest.mark.django_db(transaction=True)
def test_engines_that_run_without_processes(command):
    booking.ensure_partitions(now=datetime.now(UTC))
    messages.ensure_partitions(now=datetime.now(UTC))

    outcome = command("doctor", "--json")

    levels = {one["check"]: one["level"] for one in outcome.json["checks"]}
    assert levels.pop("database durability") in (OK, FAIL)  # the throw-away engine needs none
    assert levels == {
        "configuration": OK, "secret key": OK, "public url": OK, "tls": OK, "disk": OK,
        "database version": OK, "database": OK, "migrations": OK, "partitions": OK, "clock": OK,
        "web": FAIL, "redis": OK, "workers": FAIL, "beat": FAIL,
    }  # fmt: skip
    assert (outcome.code, outcome.json["status"]) == (1, FAIL)
    assert outcome.err.endswith("web, workers, beat.\n")


@pytest.mark.django_db(transaction=True)
def test_a_web_process_and_beat_are_seen(command):
    gateway_alive(name="web-1", now=datetime.now(UTC))
    gateway_alive(name="web-2", now=datetime.now(UTC) - timedelta(minutes=1))  # died
    pulse.note_beat(now=datetime.now(UTC))

    outcome = command("doctor")

    assert re.findall(
        "^(ok|fail) +(web|beat) +(1 alive|last heard of)", outcome.out, re.MULTILINE
    ) == [
        ("ok", "web", "1 alive"),
        ("ok", "beat", "last heard of"),
    ]


@pytest.mark.django_db(transaction=True)
def test_engines_that_are_away_are_said_with_what_to_do():
    outcome = manage(
        "doctor",
        "--json",
        DATABASE_URL="postgresql://nobody:hunter22@127.0.0.1:9/nowhere",
        REDIS_URL="redis://127.0.0.1:9/0",
    )

    failed = {one["check"]: one["advice"] for one in outcome.json["checks"] if one["level"] == FAIL}
    assert failed == {
        "database": "Start it (make run), or set DATABASE_URL right.",
        "redis": "Start it (make run), or set REDIS_URL right. Nothing is lost without it.",
    }
    assert (outcome.code, outcome.lines) == (1, ["Failed: database, redis."])
    assert "hunter22" not in json.dumps(outcome.json)


def test_what_has_only_just_been_started_is_waited_for(monkeypatch):
    monkeypatch.setattr(looking.time, "sleep", lambda _seconds: None)
    answers = iter([[], [], ["w1"]])

    def look():
        return findings.of_workers(next(answers))

    assert looking._patiently(look, until=float("inf")).level == OK
    assert looking._patiently(lambda: findings.of_workers([]), until=0).level == FAIL
