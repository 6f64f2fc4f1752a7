"""Services from the event loop: a few threads, so that the database pool bounds them too; and
questions to others over the network, apart from them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4  # with the pool of 5 one connection is left for the portal

ASKERS = 32

_askers = ThreadPoolExecutor(ASKERS, thread_name_prefix="ocpp-ask")
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ocpp")


async def asking(call: Callable[[], T]) -> T:
    """Ask somebody over the network, in a thread that holds no connection to the database and
    keeps no service waiting."""
    return await asyncio.get_running_loop().run_in_executor(_askers, call)


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a service and give its database connection back."""
    work: partial[T] = partial(_run, call, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool, work)


def _run(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return call(*args, **kwargs)
    finally:
        if not transaction.get_connection().in_atomic_block:
            connection.close()  # back to the pool
