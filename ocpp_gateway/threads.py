"""Services from the event loop: a few threads, so that the database pool bounds them too."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4  # with the pool of 5 one connection is left for the portal

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ocpp")


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
