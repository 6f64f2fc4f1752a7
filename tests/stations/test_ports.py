"""What others do about a settled command stands or falls with it."""

import pytest
from django.db import IntegrityError

from stations import ports
from stations.models import StationCommand, StationConnection
from stations.services import issue_command, settle_command
from tests.factories.booking import NOON
from tests.factories.stations import StationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def effects(monkeypatch):
    """Effects of this test alone."""
    found = type(ports._effects)(list)
    monkeypatch.setattr(ports, "_effects", found)
    return found


@pytest.fixture
def command(db):
    station = StationFactory()
    StationConnection.objects.update(connected_at=NOON)
    return issue_command(station=station, action="ClearCache", payload={}, now=NOON)


def test_an_effect_sees_the_outcome_once(effects, command):
    seen = []

    def note(settled, now):
        seen.append((settled.pk, settled.status, settled.response, now))

    for action in ("ClearCache", "ClearCache", "Reset"):
        ports.when_settled(action, note)

    settled = [
        settle_command(command_id=command.pk, now=NOON, response={"status": "Rejected"})
        for _ in range(2)
    ]

    assert settled == [True, False]
    assert seen == [(command.pk, "rejected", {"status": "Rejected"}, NOON)]


def test_an_effect_that_fails_leaves_the_command_open(effects, command):
    def fail(settled, now):
        raise IntegrityError

    ports.when_settled("ClearCache", fail)
    ports.when_settled("ClearCache", fail)

    with pytest.raises(IntegrityError):
        settle_command(command_id=command.pk, now=NOON, response={"status": "Accepted"})

    assert effects["ClearCache"] == [fail]
    assert StationCommand.objects.get().status == "queued"
