"""All that leaves us, read as an eMSP reads it, is an object of the specification."""

import json
import subprocess
from pathlib import Path

import pytest
from django.utils import timezone

from booking.domain.facts import Whereabouts
from booking.models import Cdr
from ocpi.enums import Module
from ocpi.models import OwedPush
from ocpi.services.inquiring import inquiries
from stations.models import Evse
from tests.ocpi.busy_cpo import open_business
from tests.ocpi.contract import MODULES, faults, faults_in_push
from tests.ocpi.test_lists import following
from tests.ocpi.test_pushing import settle

VERSIONS = ("2.2.1", "2.3.0")
ROOT = Path(__file__).parents[2]
PEER, CHECK = ROOT / ".venv/peers/bin/python", ROOT / "tools/check_with_extrawest.py"


@pytest.fixture(params=VERSIONS)
def version(request, emsp):
    emsp.speaks = request.param
    return request.param


def lists(emsp, endpoints):
    """Every object of every list, two to a page."""
    return {
        module: [body for page in following(emsp, f"{endpoints[module]}?limit=2") for body in page]
        for module in MODULES
    }


def read_by_others(entries, path):
    """The faults that a client which is not written here finds in these bodies, but for those
    that are its own (tools/check_with_extrawest.py)."""
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    done = subprocess.run([PEER, CHECK, path], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    return [line for line in lines if "×" in line and "(its own: " not in line]


def test_every_object_of_every_page(version, emsp, endpoints, tmp_path):
    open_business(tmp_path)

    found = lists(emsp, endpoints)
    kinds = {session["status"] for session in found["sessions"]}
    assert kinds == {"ACTIVE", "COMPLETED", "INVALID"}
    assert len(found["cdrs"]) == 4
    references = {one["id"]: one.get("authorization_reference") for one in found["sessions"]}
    assert {one["session_id"]: one.get("authorization_reference") for one in found["cdrs"]} == {
        one["session_id"]: references[one["session_id"]] for one in found["cdrs"]
    }
    assert set(references.values()) == {None, "REF-1", "REF-2"}
    wrong = [
        f"{module} {body['id']} {fault}"
        for module, name in MODULES.items()
        for body in found[module]
        for fault in faults(version, name, body)
    ]
    assert wrong == []


def test_every_push_and_what_it_leaves_is_what_the_lists_say(
    version, emsp, endpoints, partner, tmp_path
):
    open_business(tmp_path)
    settle(partner)
    Evse.objects.filter(uid="FULL-1").update(status="Charging", last_updated=timezone.now())
    settle(partner)

    wrong = [
        f"{method} {path} {fault}"
        for method, path, body in emsp.received
        for fault in faults_in_push(version, method, path, body)
    ]
    assert wrong == []
    assert {method for method, _, _ in emsp.received} == {"PUT", "PATCH", "POST"}
    assert not OwedPush.objects.exclude(due_at=None).exists()
    told = {
        module: {
            body["id"]: body
            for method, path, body in emsp.received
            if path.startswith(module) and method in ("PUT", "POST")
        }
        for module in (Module.SESSIONS, Module.CDRS, Module.TARIFFS)
    }
    listed = lists(emsp, endpoints)
    assert told == {
        module: {body["id"]: body for body in listed[module] if body["id"] in told[module]}
        for module in told
    }
    assert set(told["cdrs"]) == {body["id"] for body in listed["cdrs"]}


@pytest.mark.skipif(not PEER.exists(), reason=".venv/peers is missing: make setup-dev makes it")
def test_a_client_not_written_here_reads_them_too(emsp, endpoints, partner, tmp_path):
    """2.2.1, which is the newest that it speaks."""
    open_business(tmp_path)
    settle(partner)
    listed = [
        {"module": module, "method": "GET", "body": body}
        for module, bodies in lists(emsp, endpoints).items()
        for body in bodies
    ]
    pushed = [
        {"module": path.split("/")[0], "method": method, "body": body}
        for method, path, body in emsp.received
    ]
    broken = {**listed[0], "body": {**listed[0]["body"], "coordinates": None}}

    faults = read_by_others([*listed, *pushed, broken], tmp_path / "bodies.jsonl")

    assert faults == ["1 × locations coordinates: none is not an allowed value"]
    assert {entry["module"] for entry in pushed} == set(MODULES)


def test_what_frames_them(version, emsp, base, endpoints):
    root = f"{base}/ocpi"
    answers = {
        "ResponseEnvelope": emsp.ask("GET", f"{root}/versions"),
        "Credentials": emsp.ask("GET", endpoints["credentials"]),
    }
    refusals = [
        emsp.ask("GET", f"{endpoints['sessions']}/nobody"),
        emsp.ask("GET", f"{endpoints['cdrs']}?limit=none"),
        emsp.ask("GET", f"{root}/versions", token="wrong"),
        emsp.ask("PUT", f"{endpoints['tokens']}/NL/RMR/1", b"{"),
        emsp.ask("DELETE", endpoints["locations"]),
    ]
    details = emsp.ask("GET", f"{root}/{version}").data

    envelopes = [*answers.values(), *refusals]
    assert [
        fault for one in envelopes for fault in faults(version, "ResponseEnvelope", one.body)
    ] == []
    assert faults(version, "Credentials", answers["Credentials"].data) == []
    assert [
        fault
        for entry in answers["ResponseEnvelope"].data
        for fault in faults(VERSIONS[-1], "Version", entry)
    ] == []
    assert [
        fault for entry in details["endpoints"] for fault in faults(version, "Endpoint", entry)
    ] == []


def test_what_we_ask_an_issuer(version, emsp, partner):
    asked = []
    emsp.answers["POST", "tokens"] = lambda path, body: asked.append(body)
    where = Whereabouts(party=("NL", "EMA"), location_id="FULL", evse_uids=("FULL-1",))

    for inquiry in inquiries("04CAFE", "RFID", ("NL", "RMR"), where, timezone.now()):
        inquiry()

    assert [faults(version, "LocationReferences", body) for body in asked] == [[]]


def test_the_check_itself_finds_faults(tmp_path, db):
    open_business(tmp_path)
    body = Cdr.objects.first().body

    broken = {
        **body, "colour": "red", "total_energy": 1.23456, "remark": "", "total_time": None,
        "start_date_time": "2026-06-01T12:00:00.123456Z",
    }  # fmt: skip

    assert faults("2.2.1", "CDR", body) == []
    assert len(faults("2.2.1", "CDR", broken)) == 6
