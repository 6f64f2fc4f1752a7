"""Many questions, few statements; nobody is left waiting."""

import asyncio

import pytest

from ocpp_gateway import coalescing
from ocpp_gateway.coalescing import Coalescer, DatabaseAway

pytestmark = pytest.mark.django_db(transaction=True)


class Squares:
    """Asks PostgreSQL; it knows no number above 9."""

    def __init__(self):
        self.batches = []

    async def __call__(self, connection, numbers):
        self.batches.append(numbers)
        if -1 in numbers:
            await connection.execute("SELECT pg_sleep(30)")
        if -2 in numbers:
            raise ArithmeticError
        query = "SELECT n, n * n FROM unnest(%s::int[]) AS n WHERE n < 10"
        return dict(await (await connection.execute(query, [numbers])).fetchall())


@pytest.fixture
async def squares():
    work = Squares()
    coalescer = Coalescer(work)
    yield work, coalescer
    await coalescer.close()


async def test_questions_that_come_together_are_one_statement_each_once(squares):
    work, coalescer = squares

    answers = await asyncio.gather(*[coalescer.ask(number) for number in (1, 2, 2, 99)])

    assert answers == [1, 4, 4, None]
    assert work.batches == [[1, 2, 99]]


@pytest.mark.parametrize("trouble", ["silent", "broken"])
async def test_a_database_in_trouble_is_away_and_asked_again_when_it_is_back(
    squares, monkeypatch, trouble
):
    monkeypatch.setattr(coalescing, "ANSWER_WITHIN_S", 0.3)
    _, coalescer = squares

    with pytest.raises(DatabaseAway):
        await coalescer.ask(-1 if trouble == "silent" else -2)

    assert await coalescer.ask(3) == 9
