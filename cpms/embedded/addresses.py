"""Where the embedded engines are found: pure paths, so that every process agrees."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

DATABASE = "cpms"
LOOPBACKS = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared
LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes


def runtime_dir(data_dir: Path) -> Path:
    """The short directory of the engines' unix sockets; one for each data dir."""
    name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cpms-{name}"


def authority(host: str, port: int) -> str:
    """Host and port as they stand in a URL (RFC 3986 §3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reachable(host: str, port: int) -> str:
    """Where this machine reaches who listens at that host and port."""
    return authority(LOOPBACKS.get(host, host), port)


def database_url(data_dir: Path, name: str = DATABASE) -> str:
    """How Django and psycopg reach the embedded PostgreSQL."""
    return f"postgresql://postgres@%2F{str(runtime_dir(data_dir))[1:].replace('/', '%2F')}/{name}"


def redis_url(data_dir: Path) -> str:
    """How redis-py and Celery reach the embedded Redis."""
    return f"unix://{runtime_dir(data_dir)}/redis.sock"


def secret_key(data_dir: Path) -> str:
    """Django's secret key of this data dir, made at first use and readable by its owner only."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".secret_key.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)  # the first process wins; the others read its key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text()
