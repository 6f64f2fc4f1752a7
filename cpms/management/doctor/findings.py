"""What a look at the running system means: pure rules, one finding a line."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from cpms.pulse import BEAT_EVERY_S

OK, WARN, FAIL = "ok", "warn", "fail"
OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 18
OLDEST_REDIS = (6, 2)
BEAT_LATE = timedelta(seconds=3 * BEAT_EVERY_S)
CLOCK_WARN, CLOCK_FAIL = timedelta(seconds=1), timedelta(seconds=30)
DISK_WARN, DISK_FAIL = 2 * 1024**3, 256 * 1024**2
SHORT_SECRET = 32


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` says what to do; it is empty when all is well."""

    check: str
    level: str
    said: str
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def worst(findings: list[Finding]) -> str:
    levels = {finding.level for finding in findings}
    return next(level for level in (FAIL, WARN, OK) if level in levels or level == OK)


def of_postgres_version(number: int) -> Finding:
    """`number` as PostgreSQL's `server_version_num`: 150018 is 15.18."""
    major, minor = divmod(number, 10_000)
    said = f"PostgreSQL {major}.{minor}"
    if OLDEST_POSTGRES <= major <= NEWEST_POSTGRES:
        return Finding("database version", OK, said)
    level = FAIL if major < OLDEST_POSTGRES else WARN
    advice = f"Use PostgreSQL {OLDEST_POSTGRES} to {NEWEST_POSTGRES}."
    return Finding("database version", level, said, advice)


def of_durability(settings: dict[str, str]) -> Finding:
    """Every one of these must be on, or a crash loses what stations were told is stored."""
    off = sorted(name for name, value in settings.items() if value not in ("on", "remote_apply"))
    if not off:
        return Finding("database durability", OK, "a commit is on disk")
    advice = "Switch it on in postgresql.conf: a crash would lose acknowledged data."
    return Finding("database durability", FAIL, f"off: {', '.join(off)}", advice)


def of_redis_version(text: str) -> Finding:
    version = tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())
    if version >= OLDEST_REDIS:
        return Finding("redis", OK, f"Redis {text}")
    return Finding("redis", FAIL, f"Redis {text}", "Use Redis 6.2 or newer.")


def of_clock(ahead: timedelta) -> Finding:
    """`ahead` of the database's clock is ours."""
    said = f"{abs(ahead).total_seconds():.3f} s from the database's"
    level = FAIL if abs(ahead) > CLOCK_FAIL else WARN if abs(ahead) > CLOCK_WARN else OK
    advice = "" if level == OK else "Keep both hosts' clocks in step (chrony or systemd-timesyncd)."
    return Finding("clock", level, said, advice)


def of_disk(free_bytes: int, path: str) -> Finding:
    level = FAIL if free_bytes < DISK_FAIL else WARN if free_bytes < DISK_WARN else OK
    advice = "" if level == OK else f"Free space on the disk of {path}, or move CPMS_DATA_DIR."
    return Finding("disk", level, f"{free_bytes / 1024**3:.1f} GiB free for {path}", advice)


def of_beat(last: datetime | None, now: datetime) -> Finding:
    start = "Start one: celery -A cpms.celery beat (make run starts all)."
    if last is None:
        return Finding("beat", FAIL, "nothing heard of it", start)
    age = now - last
    said = f"last heard of {age.total_seconds():.0f} s ago"
    return Finding("beat", FAIL, said, start) if age > BEAT_LATE else Finding("beat", OK, said)


def of_workers(names: list[str]) -> Finding:
    if names:
        return Finding("workers", OK, f"{len(names)} alive: {', '.join(sorted(names))}")
    advice = "Start one: celery -A cpms.celery worker --pool threads (make run starts all)."
    return Finding("workers", FAIL, "none answers", advice)


def of_gateways(alive: int) -> Finding:
    if alive:
        return Finding("web", OK, f"{alive} alive")
    return Finding("web", FAIL, "no web process is alive", "Start one: make run.")


def of_migrations(missing: int) -> Finding:
    if not missing:
        return Finding("migrations", OK, "all applied")
    return Finding("migrations", FAIL, f"{missing} not applied", "Run: manage.py migrate.")


def of_partitions(missing: list[str]) -> Finding:
    if not missing:
        return Finding("partitions", OK, "made ahead")
    advice = "Beat makes them every hour; see the checks of beat and workers."
    return Finding("partitions", WARN, f"not there yet: {', '.join(missing)}", advice)


def of_secret_key(key: str) -> Finding:
    if len(key) >= SHORT_SECRET:
        return Finding("secret key", OK, "long enough")
    advice = f"DJANGO_SECRET_KEY should have {SHORT_SECRET} random characters or more."
    return Finding("secret key", WARN, f"{len(key)} characters", advice)


def of_exposure(public_url: str, host: str) -> Finding:
    """Whether passwords may cross a network in clear."""
    if public_url.startswith("https://"):
        return Finding("public url", OK, public_url)
    if host in ("127.0.0.1", "::1", "localhost"):
        return Finding("public url", OK, f"{public_url}, reached from this host only")
    advice = "Put TLS in front and set CPMS_PUBLIC_URL=https://…"
    return Finding("public url", WARN, f"{public_url} is not encrypted", advice)
