"""Grid operators over REST and by `manage.py dso poll`."""

import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from dso.models import Dso
from dso.services import keeping
from tests.api.conftest import problem_of
from tests.factories.energy import PriceListFactory, SupplySourceFactory

pytestmark = pytest.mark.django_db
VTN = {"name": "Grid", "protocol": "OPENADR3", "base_url": "https://vtn.example/openadr3",
       "version": "3.1.0", "client_id": "me", "secret": "very-secret"}  # fmt: skip


def test_a_vtn_is_added_linked_and_removed_and_its_secret_never_shown(admin):
    source, prices = SupplySourceFactory(), PriceListFactory()

    made = admin.post("dsos", VTN)
    number = made.json()["id"]
    asked = {"source_id": source.pk, "group": "EAN1", "price_list": prices.name}
    linked = admin.post(f"dsos/{number}/link", asked)

    assert (made.status_code, linked.status_code) == (201, 201)
    assert made.json()["invitation"] is None
    (link,) = linked.json()["links"]
    assert (link["source_name"], link["group"], link["price_list"]) == (
        source.name, "EAN1", prices.name,
    )  # fmt: skip
    assert problem_of(admin.post(f"dsos/{number}/link", asked)) == (409, "source_linked")
    assert "very-secret" not in made.content.decode() + Dso.objects.get().secret
    assert admin.post(f"dsos/{number}/unlink", {"id": link["id"]}).json()["links"] == []
    assert admin.delete(f"dsos/{number}").status_code == 204
    assert problem_of(admin.get(f"dsos/{number}")) == (404, "unknown_dso")


def test_an_oscp_peer_is_invited_and_its_token_shown_once(admin):
    made = admin.post("dsos", {"name": "Peer", "protocol": "OSCP2"})

    invitation = made.json()["invitation"]
    assert invitation["base_url"].endswith("/oscp/fp/2.0")
    assert len(invitation["token_a"]) > 40
    assert invitation["token_a"] not in admin.get(f"dsos/{made.json()['id']}").content.decode()


def test_states_change_by_request(admin):
    number = admin.post("dsos", VTN).json()["id"]

    assert admin.post(f"dsos/{number}/suspend", {}).json()["state"] == "suspended"
    assert problem_of(admin.post(f"dsos/{number}/poll", {})) == (409, "dso_not_connected")
    assert admin.post(f"dsos/{number}/resume", {}).json()["state"] == "new"
    assert problem_of(admin.post(f"dsos/{number}/handshake", {})) == (409, "wrong_protocol")


def test_another_capacity_is_asked_for(admin):
    now = datetime.now(UTC)
    dso = keeping.add_peer(name="Peer", base_url="https://x.example", token_a="a", now=now)
    link = keeping.link(dso=dso, source=SupplySourceFactory(), group="G1", now=now)
    ahead = {"starts_at": "2026-12-01T12:00:00Z", "ends_at": "2026-12-01T13:00:00Z"}
    asked = {"id": link.pk, "kw": 80, **ahead}
    path = f"dsos/{dso.pk}/adjust"

    assert problem_of(admin.post(path, asked)) == (409, "dso_not_connected")
    Dso.objects.update(state="connected")
    assert admin.post(path, asked).status_code == 202
    assert problem_of(admin.post(path, {**asked, "kw": -1})) == (400, "bad_message")
    assert problem_of(admin.post(path, {**asked, "id": link.pk + 1})) == (404, "not_found")
    owed = dso.owed.get(action="adjust_group_capacity_forecast")
    assert owed.body == {
        "group_id": "G1",
        "type": "CONSUMPTION",
        "forecasted_blocks": [
            {"capacity": 80.0, "phase": "ALL", "unit": "KW",
             "start_time": ahead["starts_at"], "end_time": ahead["ends_at"]}
        ],
    }  # fmt: skip


def test_a_vtn_that_does_not_answer_is_told_as_such(admin, settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    number = admin.post("dsos", {**VTN, "base_url": "http://127.0.0.1:9/x"}).json()["id"]

    assert problem_of(admin.post(f"dsos/{number}/poll", {})) == (503, "egress_failed")
    assert "does not answer" in admin.get(f"dsos/{number}").json()["last_error"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"protocol": "OSCP1"}, "protocol"),
        ({"version": "2.0b"}, "version"),
        ({"base_url": "not a url"}, "base_url"),
        ({"secret": "a b"}, "secret"),
        ({"client_id": None}, "client_id"),
        ({"poll_every_s": 1}, "poll_every_s"),
        ({"protocol": "OSCP2"}, "client_id"),
    ],
)
def test_bad_input_names_its_field_and_nothing_is_written(admin, change, field):
    answer = admin.post("dsos", {**VTN, **change})

    assert answer.status_code == 400
    assert field in json.dumps(answer.json())
    assert not Dso.objects.exists()


def test_a_name_is_taken_once(admin):
    admin.post("dsos", VTN)

    assert problem_of(admin.post("dsos", VTN)) == (409, "dso_exists")


def test_the_list_asks_no_more_for_many(admin, django_assert_max_num_queries):
    for number in range(3):
        dso = keeping.add_peer(
            name=f"Peer {number}", base_url="https://x.example", token_a="a", now=datetime.now(UTC)
        )
        keeping.link(dso=dso, source=SupplySourceFactory(), now=datetime.now(UTC))

    with django_assert_max_num_queries(9):
        assert len(admin.get("dsos?state=new").json()["results"]) == 3


def test_the_command_reads_all_and_says_which_failed(settings, capsys):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    fields = {
        "name": "Grid",
        "base_url": "http://127.0.0.1:9/x",
        "version": "3.0.1",
        "client_id": "m",
    }
    keeping.add_vtn(fields=fields, secret="s", now=datetime.now(UTC))

    with pytest.raises(SystemExit) as ended:
        call_command("dso", "poll", "--json")

    told = capsys.readouterr()
    (line,) = json.loads(told.out)
    assert (ended.value.code, line["name"], line["limits"]) == (1, "Grid", 0)
    assert told.err.startswith("Grid: 127.0.0.1 does not answer")
    with pytest.raises(SystemExit):
        call_command("dso", "poll", "Nobody")
    assert capsys.readouterr().err == "There is no such DSO.\n"
