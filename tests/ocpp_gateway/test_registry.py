from types import SimpleNamespace

import pytest

from ocpp_gateway.registry import Registry


class Socket(SimpleNamespace):
    __hash__ = object.__hash__


@pytest.fixture
def registry():
    return Registry()


def made(epoch):
    return Socket(station=SimpleNamespace(station_id=1, epoch=epoch))


def test_the_newest_socket_stays_in_whatever_order_they_come(registry):
    first, second, third = made(1), made(2), made(3)

    losers = [registry.add(one) for one in (first, third, second)]

    assert losers == [None, first, second]
    assert registry.all() == [registry.get(1)] == [third]


def test_a_replaced_socket_that_leaves_takes_nobody_with_it(registry):
    older, newer = made(1), made(2)
    registry.add(older)
    registry.add(newer)
    registry.asking.add(older)

    registry.remove(older)

    assert (registry.get(1), len(registry), registry.asking) == (newer, 1, set())
    registry.remove(newer)
    assert (registry.get(1), len(registry)) == (None, 0)
