"""One web process: uvicorn with what the gateway needs (`performance.md`, docs/adr/0005).

SO_REUSEPORT lets several of them share the port; each is a gateway of its own.
"""

import gc
import logging
import os
import socket
import sys

import uvicorn
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from cpms.requests import Http
from cpms.sockets import Socket

MAX_FRAME = 65_536
PING_S = 20.0
BACKLOG = 4096


def listening_socket() -> socket.socket:
    """The port, shared with our siblings."""
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "SO_REUSEPORT"):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((settings.HOST, settings.PORT))
    except OSError as fault:
        where = f"CPMS_HOST {settings.HOST}, CPMS_PORT {settings.PORT}"
        raise ImproperlyConfigured(f"{where}: cannot listen there ({fault.strerror}).") from fault
    sock.set_inheritable(True)
    return sock


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """Uvicorn takes a handshake that we refused with an HTTP answer for one we forgot."""
    return "without completing handshake" not in record.getMessage()


class Server(uvicorn.Server):
    """uvicorn, which would close all sockets in one moment, in the middle of their calls."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from ocpp_gateway import process  # noqa: PLC0415 -- app ready

        await process.drain()
        await super().shutdown(sockets)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpms.settings")
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    logging.getLogger("uvicorn.error").addFilter(is_worth_a_line)
    config = configuration()
    config.load()
    gc.collect()
    gc.freeze()  # what is loaded now stays: full collections need not look at it
    gc.set_threshold(50_000, 20, 50)
    Server(config).run(sockets=[listening_socket()])


def configuration() -> uvicorn.Config:
    """The server around the application."""
    return uvicorn.Config(
        "cpms.asgi:application",
        loop="uvloop",
        http=Http,
        ws=Socket,
        ws_max_size=MAX_FRAME,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        backlog=BACKLOG,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    try:
        main()
    except ImproperlyConfigured as refusal:  # one line that names the variable
        sys.exit(str(refusal))
