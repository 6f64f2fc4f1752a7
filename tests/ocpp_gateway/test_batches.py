"""Services for many: one station's nonsense or lost race is not another's."""

import asyncio
import threading

import psycopg
import pytest
from django.db import OperationalError

from ocpp_gateway.batches import Batcher

pytestmark = pytest.mark.django_db(transaction=True)


class Service:
    """Doubles numbers; what it does at "bad" is said by `fault`."""

    def __init__(self, fault=None):
        self.fault = fault
        self.calls = []
        self.may_go = threading.Event()
        self.may_go.set()

    def __call__(self, *, facts, now):
        self.may_go.wait(10)
        self.calls.append(list(facts))
        if "bad" in facts:
            raise self.fault
        return [fact if isinstance(fact, Exception) else 2 * fact for fact in facts]


async def ask_together(service, facts):
    """All of them while a first one is being answered."""
    batcher = Batcher(service)
    service.may_go.clear()
    first = asyncio.create_task(batcher.ask(0))
    await asyncio.sleep(0.05)
    asked = [asyncio.create_task(batcher.ask(fact)) for fact in facts]
    await asyncio.sleep(0)
    service.may_go.set()
    await first
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_what_comes_while_one_runs_is_asked_together():
    service = Service()

    answers = await ask_together(service, [1, 2, 3])

    assert (answers, service.calls) == ([2, 4, 6], [[0], [1, 2, 3]])


async def test_a_refusal_is_the_askers_own():
    refusal = LookupError("none of that number")

    answers = await ask_together(Service(), [1, refusal, 3])

    assert answers == [2, refusal, 6]


async def test_nonsense_fails_alone():
    fault = ValueError("nonsense")

    answers = await ask_together(Service(fault), [1, "bad", 3])

    assert answers == [2, fault, 6]


async def test_an_outage_is_everybodys_and_is_asked_once():
    service = Service(OperationalError("away"))

    answers = await ask_together(service, [1, "bad", 3])

    assert answers == [service.fault] * 3
    assert len(service.calls) == 2


async def test_a_lost_race_is_tried_again_one_by_one():
    fault = OperationalError("deadlock detected")
    fault.__cause__ = psycopg.errors.DeadlockDetected()

    answers = await ask_together(Service(fault), [1, "bad", 3])

    assert answers == [2, fault, 6]
