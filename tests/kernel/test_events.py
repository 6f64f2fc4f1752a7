from dataclasses import dataclass

import pytest
from django.db import transaction

from cpms.kernel import events


@dataclass(frozen=True)
class Rang:
    bell: str


@pytest.fixture
def heard(monkeypatch):
    monkeypatch.setattr(events, "_subscribers", events.defaultdict(list))
    told = []
    events.subscribe(Rang, told.append)
    return told


def test_a_subscriber_that_subscribes_twice_is_told_once(heard):
    events.subscribe(Rang, events._subscribers[Rang][0])

    events.deliver(Rang("west"))

    assert heard == [Rang("west")]


def test_one_subscriber_that_fails_hurts_no_other(heard):
    def broken(event):
        raise ValueError(event)

    events._subscribers[Rang].insert(0, broken)

    events.deliver(Rang("west"))

    assert heard == [Rang("west")]


@pytest.mark.django_db(transaction=True)
def test_news_is_told_after_the_commit(heard):
    with transaction.atomic():
        events.publish(Rang("west"))
        before_commit = list(heard)

    assert (before_commit, heard) == ([], [Rang("west")])


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_no_news(heard):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.publish(Rang("west"))
        1 / 0  # noqa: B018

    assert heard == []
