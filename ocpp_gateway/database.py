"""The gateway's own connections to the database: made, watched and cut."""

import os
import socket
from typing import Any

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError

Connection = psycopg.AsyncConnection[Any]

CONNECT_WITHIN_S = 5
RACES = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


def connection_parameters() -> dict[str, Any]:
    """Django's database, for a connection outside Django."""
    from django.db import connection  # noqa: PLC0415 -- app ready

    parameters = dict(connection.get_connection_params())
    for name in ("cursor_factory", "context", "server_side_binding"):
        parameters.pop(name, None)
    return {
        **parameters,
        "application_name": f"cpms {settings.KEY_PREFIX}gateway",
        "connect_timeout": CONNECT_WITHIN_S,
    }


async def connect(*, autocommit: bool = False) -> Connection:
    """A new connection. Raises psycopg.OperationalError or OSError."""
    return await psycopg.AsyncConnection.connect(**connection_parameters(), autocommit=autocommit)


def cut(connection: Connection) -> None:
    """End a connection whose server has fallen silent: who waits on it gets an OperationalError
    now, and not when the kernel gives up."""
    if connection.closed:
        return
    with socket.socket(fileno=os.dup(connection.fileno())) as wire:
        try:
            wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # gone already


def is_outage(fault: BaseException) -> bool:
    """Whether the database is away, as against refusing what it was given. A race that one
    side had to lose is neither: trying again helps at once."""
    if isinstance(fault.__cause__, RACES):
        return False
    return isinstance(fault, OperationalError | InterfaceError)
