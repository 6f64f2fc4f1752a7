"""Two workers at once: what is due is done by one of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from dso.models import Dso
from dso.services import access, keeping, oscp, polling, sending
from energy.selectors import limit_kw

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8


def together(work):
    def run(number):
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def test_a_vtn_is_claimed_by_one_reader(now):
    fields = {"name": "V", "base_url": "https://v.example", "version": "3.1.0", "client_id": "c"}
    dso = keeping.add_vtn(fields=fields, secret="s", now=now)

    claimed = together(lambda _: polling.due_to_read(now=now))

    assert sorted(map(len, claimed)) == [0] * (AT_ONCE - 1) + [1]
    assert Dso.objects.get(pk=dso.pk).next_poll_at == now + timedelta(minutes=1)


def test_a_heartbeat_is_claimed_by_one_sender(now):
    Dso.objects.create(
        name="P", protocol="OSCP2", base_url="https://p.example", state="connected",
        heartbeat_s=60, next_heartbeat_at=now,
    )  # fmt: skip

    claimed = together(lambda _: sending.due_to_beat(now=now))

    assert sorted(map(len, claimed)) == [0] * (AT_ONCE - 1) + [1]


def test_forecasts_at_once_each_keep_what_the_others_said_of_other_times(source, now):
    dso = Dso.objects.create(name="P", protocol="OSCP2", base_url="https://p.example")
    access.give_token(dso, "access", now)
    keeping.link(dso=dso, source=source, group="G1", now=now)
    hour = timedelta(hours=1)

    def say(number):
        times = [(now + hour * step).isoformat() for step in (number, number + 1)]
        block = {"capacity": 10 + number, "phase": "ALL", "unit": "KW",
                 "start_time": times[0], "end_time": times[1]}  # fmt: skip
        body = {"group_id": "G1", "type": "CONSUMPTION", "forecasted_blocks": [block]}
        oscp.take_forecast(dso_id=dso.pk, body=body, request_id="", now=now)

    together(say)

    found = [limit_kw(source, now + hour * (step + 0.5)) for step in range(AT_ONCE)]
    assert found == [10 + step for step in range(AT_ONCE)]
