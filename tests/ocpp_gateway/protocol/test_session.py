import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_gateway.protocol.frames import Call, CallError, CallResult
from ocpp_gateway.protocol.session import (
    REMEMBERED_ANSWERS,
    Answered,
    Fault,
    Repeated,
    Session,
)

HEARTBEAT = '[2,"1","Heartbeat",{}]'


@pytest.fixture
def session():
    return Session("FormationViolation", prefix="a-")


def answered(session, text=HEARTBEAT, answer='[3,"1",{}]'):
    event = session.receive(text)
    session.remember(event, answer)


def test_a_call_comes_in(session):
    event = session.receive(HEARTBEAT)

    assert event == Call("1", "Heartbeat", msgspec.Raw(b"{}"))


def test_the_same_call_again_gets_the_answer_it_got(session):
    answered(session)

    assert session.receive(HEARTBEAT) == Repeated('[3,"1",{}]')


@pytest.mark.parametrize("text", ['[2,"1","Authorize",{}]', '[2,"1","Heartbeat",{"a":1}]'])
def test_another_call_under_a_used_id_is_refused(session, text):
    answered(session)

    event = session.receive(text)

    assert (type(event), json.loads(event.text)[:3]) == (Fault, [4, "1", "GenericError"])


def test_only_the_last_answers_are_remembered(session):
    for number in range(REMEMBERED_ANSWERS + 1):
        answered(session, f'[2,"{number}","Heartbeat",{{}}]', f"answer {number}")

    assert isinstance(session.receive('[2,"0","Heartbeat",{}]'), Call)
    assert session.receive('[2,"1","Heartbeat",{}]') == Repeated("answer 1")


@pytest.mark.parametrize(
    ("text", "answer"),
    [("nothing", None), ('[2,"7","X"]', [4, "7", "FormationViolation"])],
)
def test_what_is_no_frame_is_a_fault(session, text, answer):
    event = session.receive(text)

    assert isinstance(event, Fault)
    assert (event.text and json.loads(event.text)[:3]) == answer


def test_one_request_of_ours_is_open_at_a_time(session):
    session.ask("k1", "Reset", {"type": "Soft"}, 10)
    session.ask("k2", "ClearCache", {}, 10)

    assert session.data_to_send() == ['[2,"a-1","Reset",{"type":"Soft"}]']
    assert session.data_to_send() == []
    assert session.receive('[3,"a-1",{}]') == Answered("k1", CallResult("a-1", msgspec.Raw(b"{}")))
    assert session.data_to_send() == ['[2,"a-2","ClearCache",{}]']


def test_an_error_is_an_answer_too(session):
    session.ask("k1", "Reset", {}, 10)
    session.data_to_send()

    assert session.receive('[4,"a-1","NotSupported"]') == Answered(
        "k1", CallError("a-1", "NotSupported")
    )


def test_idle_until_something_is_asked_and_again_when_it_is_answered(session):
    states = [(session.is_idle(), session.in_flight_message_id())]
    session.ask("k1", "Reset", {}, 10)
    states.append((session.is_idle(), session.in_flight_message_id()))
    session.data_to_send()
    states.append((session.is_idle(), session.in_flight_message_id()))
    session.receive('[3,"a-1",{}]')
    states.append((session.is_idle(), session.in_flight_message_id()))

    assert states == [(True, ""), (False, ""), (False, "a-1"), (True, "")]


@pytest.mark.parametrize("text", ['[3,"a-1",{}]', '[3,"zzz",{}]', '[4,"a-2"]'])
def test_an_answer_to_nothing_is_a_fault_without_an_answer(session, text):
    session.ask("k1", "Reset", {}, 10)

    assert session.receive(text) == Fault("answer to a request that is not open")


def test_a_second_answer_is_a_fault(session):
    session.ask("k1", "Reset", {}, 10)
    session.data_to_send()
    session.receive('[3,"a-1",{}]')

    assert isinstance(session.receive('[3,"a-1",{}]'), Fault)


def test_overdue_requests_are_open_no_more(session):
    for key, give_up_at in (("k1", 10), ("k2", 5), ("k3", 20)):
        session.ask(key, "Reset", {}, give_up_at)
    session.data_to_send()

    assert session.overdue(4) == []
    assert session.overdue(10) == ["k2", "k1"]
    assert isinstance(session.receive('[3,"a-1",{}]'), Fault)
    assert session.data_to_send() == ['[2,"a-2","Reset",{}]']


@given(st.lists(st.text() | st.sampled_from([HEARTBEAT, '[3,"a-1",{}]', '[4,"a-1"]', "[2]"])))
def test_receive_never_raises_whatever_comes(texts):
    session = Session("FormationViolation", prefix="a-")
    session.ask("k1", "Reset", {}, 10)
    session.data_to_send()

    events = [session.receive(text) for text in texts]

    assert all(isinstance(one, Call | Repeated | Answered | Fault) for one in events)
    assert sum(isinstance(one, Answered) for one in events) <= 1
