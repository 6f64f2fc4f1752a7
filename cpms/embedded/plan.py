"""What runs on one machine, as data: preparations, web processes, the others."""

import contextlib
import os
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from cpms.embedded.addresses import authority, reachable
from cpms.embedded.engines import CannotStart

ROOT = Path(__file__).resolve().parents[2]
DEMO_EMAIL, DEMO_PASSWORD = "demo@example.com", "demo-cpms"
DEMO_FLEET = "cpms/simulation/demo/fleet.json"
PYTHON = sys.executable
MOST_PORT, PORTS_TRIED = 65_535, 100

Command = tuple[str, list[str]]


@dataclass(slots=True)
class Plan:
    """Read from the environment by `from_environment`."""

    data_dir: Path
    host: str
    port: int
    public_url: str
    embeds_postgres: bool
    embeds_redis: bool
    environment: dict[str, str] = field(default_factory=dict)
    preparations: list[Command] = field(default_factory=list)
    web: list[Command] = field(default_factory=list)
    others: list[Command] = field(default_factory=list)
    farewell: list[str] = field(default_factory=list)


def from_environment(*, demo: bool) -> Plan:
    """The plan of `make run`, or of `make demo`. Raises CannotStart for a wrong variable."""
    read_env_file(Path(os.environ.get("CPMS_ENV_FILE", ROOT / ".env")))
    host = _text("CPMS_HOST", "127.0.0.1")
    port = _whole("CPMS_PORT", 8000, 1, MOST_PORT)
    plan = Plan(
        data_dir=Path(_text("CPMS_DATA_DIR", str(ROOT / "var"))).resolve(),
        host=host,
        port=port,
        public_url=_text("CPMS_PUBLIC_URL", f"http://{authority(host, port)}").rstrip("/"),
        embeds_postgres=not _is_set("DATABASE_URL"),
        embeds_redis=not _is_set("REDIS_URL"),
        preparations=[("Database tables", ["migrate", "--verbosity", "0"])],
    )
    plan.environment["CPMS_DATA_DIR"] = str(plan.data_dir)
    processes = _whole("CPMS_WEB_PROCESSES", 1, 1, 64)
    plan.web = [(f"web-{number}", [PYTHON, "-m", "cpms.web"]) for number in range(1, processes + 1)]
    celery = [PYTHON, "-m", "celery", "-A", "cpms.celery"]
    schedule = str(plan.data_dir / "beat-schedule")
    plan.others = [
        ("worker", [*celery, "worker", "--pool", "threads", "--concurrency", "4", "-l", "WARNING"]),
        ("beat", [*celery, "beat", "-s", schedule, "--pidfile", "", "-l", "WARNING"]),
        ("batteries", [PYTHON, "manage.py", "poll_batteries"]),
    ]
    return _with_demo(plan) if demo else plan


def _with_demo(plan: Plan) -> Plan:
    """Add the demo CPO's data and the simulators: one line each."""
    plan.environment["CPMS_EGRESS_ALLOW"] = "127.0.0.0/8"
    plan.preparations += [
        ("Demo log-in", ["create_admin", "--email", DEMO_EMAIL, "--password", DEMO_PASSWORD]),
        ("Demo locations and stations", ["fleet", "import", DEMO_FLEET]),
    ]
    manage, emsp_port = [PYTHON, "manage.py"], str(_free_port_after(plan.port))
    dso_port = str(_free_port_after(int(emsp_port)))
    site_port = str(_free_port_after(int(dso_port)))  # and the two after it
    plan.others += [
        ("emsp", [*manage, "simulate_emsp", "--demo", "--port", emsp_port]),
        ("dso", [*manage, "simulate_dso", "--demo", "--port", dso_port]),
        ("site", [*manage, "simulate_site", "--demo", "--port", site_port]),
        ("stations", [*manage, "simulate", "--demo", "--url", _own_socket_url(plan)]),
    ]
    plan.farewell = [
        f"Log-in: {DEMO_EMAIL} / {DEMO_PASSWORD}",
        f"Simulated eMSP: http://127.0.0.1:{emsp_port}/",
        f"Simulated grid operators: http://127.0.0.1:{dso_port}/",
    ]
    return plan


def _free_port_after(port: int) -> int:
    """The next port that nobody listens at on the loopback. Raises CannotStart."""
    for candidate in range(port + 1, min(port + 1 + PORTS_TRIED, MOST_PORT + 1)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", candidate))
            return candidate
    raise CannotStart(f"No port above CPMS_PORT {port} is free for the simulated peers.")


def _own_socket_url(plan: Plan) -> str:
    return f"ws://{reachable(plan.host, plan.port)}"


def read_env_file(path: Path) -> None:
    """Put what `.env` says into the environment, unless it is set there already."""
    if not path.is_file():
        return
    for line in path.read_text().splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _text(name: str, default: str) -> str:
    """The variable, or what stands in the file that `name_FILE` names."""
    try:
        from_file = os.environ.get(f"{name}_FILE")
        text = Path(from_file).read_text() if from_file else os.environ.get(name, "")
    except (OSError, UnicodeDecodeError) as fault:
        raise CannotStart(f"{name}_FILE cannot be read: {fault}.") from fault
    return text.strip() or default


def _whole(name: str, default: int, least: int, most: int) -> int:
    text = _text(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise CannotStart(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)
