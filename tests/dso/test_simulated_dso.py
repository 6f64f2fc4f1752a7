"""The simulated grid operators and the CPMS with each other, over real sockets."""

import asyncio
import threading
from datetime import timedelta

import pytest

from cpms.simulation.dso.run import Operators, Order
from cpms.simulation.emsp.server import Server
from dso.models import Dso
from dso.services import keeping, polling, reporting, sending
from energy.models import CapacityLimit, EnergyPrice
from tests.dso.conftest import EAN
from tests.factories.energy import PriceListFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Running:
    """Both operators in a loop of their own; `do` runs a coroutine there."""

    def __init__(self, order):
        self.operators = Operators(order, print)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.server = Server(self.operators)

    def __enter__(self):
        self.thread.start()
        self.do(self.server.__aenter__())
        self.operators.live_at(self.server.url)
        return self

    def __exit__(self, *_):
        self.do(self.server.__aexit__())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


def test_the_capacity_provider_registers_beats_and_forecasts(base, source, now, tmp_path):
    invitation = keeping.invite_peer(name="North", now=now)
    keeping.link(dso=invitation.dso, source=source, group="G1", now=now)
    kept = tmp_path / "dso.json"
    with Running(Order(group="G1", memory=kept)) as running:
        provider = running.operators.provider
        assert running.do(provider._introduce((invitation.base_url, invitation.token_a)))
        sending.send_owed(dso_id=invitation.dso.pk)
        running.do(provider._shaken.wait())
        running.do(provider._beat())
        running.do(provider.forecast())
        sending.beat(dso_id=invitation.dso.pk, now=now)
        Dso.objects.update(next_measurement_at=now)
        reporting.report_due(now=now)
        sending.send_owed(dso_id=invitation.dso.pk)
        heard = [action for action, _ in provider.heard]
        page = running.operators._page()

    dso = Dso.objects.get()
    assert (dso.state, dso.heartbeat_s, dso.measures) == ("connected", 15, ["CONTINUOUS"])
    assert dso.away_at > now
    kinds = CapacityLimit.objects.values_list("kind", flat=True)
    assert {kind: list(kinds).count(kind) for kind in set(kinds)} == {
        "IMPORT": 96, "FALLBACK_IMPORT": 96,
    }  # fmt: skip
    assert heard == ["register", "handshake", "heartbeat", "update_group_measurements"]
    assert "update_group_measurements" in page
    assert kept.stat().st_mode & 0o077 == 0


def test_the_vtn_is_read_told_and_notifies(base, source, now):
    with Running(Order(target=EAN)) as running:
        vtn = running.operators.vtn
        vtn.plan(now)
        fields = {"name": "South", "base_url": vtn.url, "version": "3.1.0",
                  "client_id": vtn.client_id, "ven_name": "NL-EMA"}  # fmt: skip
        dso = keeping.add_vtn(fields=fields, secret=vtn.client_secret, now=now)
        keeping.link(dso=dso, source=source, price_list=PriceListFactory(), now=now)
        reading = polling.poll(dso_id=dso.pk)
        sending.send_owed(dso_id=dso.pk)
        Dso.objects.update(next_poll_at=now + timedelta(hours=1))
        running.do(vtn._notify())

    woken = Dso.objects.get()
    assert (woken.state, woken.refused, woken.alarm) == ("connected", [], "")
    assert woken.next_poll_at < now + timedelta(hours=1)
    assert EnergyPrice.objects.count() == 96
    assert {limit.kind for limit in reading.limits} == {"IMPORT", "FALLBACK_IMPORT"}
    assert [one["resources"][0]["resourceName"] for one in vtn.reports] == [EAN]
