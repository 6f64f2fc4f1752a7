import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_gateway.protocol.frames import (
    Call,
    CallError,
    CallResult,
    Malformed,
    call_text,
    error_text,
    parse,
    result_text,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[2,"1","Heartbeat",{}]', Call("1", "Heartbeat", msgspec.Raw(b"{}"))),
        (' [ 2 , "1" , "X" , null ] ', Call("1", "X", msgspec.Raw(b"null"))),
        ('[3,"1",{"a":1}]', CallResult("1", msgspec.Raw(b'{"a":1}'))),
        ('[4,"1","GenericError","",{}]', CallError("1", "GenericError", "")),
        ('[4,"1","GenericError",null,{}]', CallError("1", "GenericError")),
        ('[4,"1","NotSupported"]', CallError("1", "NotSupported")),
        ('[4,"1"]', CallError("1")),
    ],
)
def test_a_frame_is_read(text, frame):
    assert parse(text) == frame


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        ("", None),
        ("null", None),
        ("[]", None),
        ("[2]", None),
        ('[2,"id"]', "id"),
        ('[2,"id","Heartbeat"]', "id"),
        ('[2,"id",7,{}]', "id"),
        ('[2,7,"Heartbeat",{}]', None),
        ('[2,"","Heartbeat",{}]', None),
        ('[2,"","Heartbeat"]', None),
        (f'[2,"{"i" * 37}","Heartbeat"]', None),
        (f'[2,"{"i" * 37}","Heartbeat",{{}}]', None),
        ('["2","id","Heartbeat",{}]', None),
        ('[2.0,"id","Heartbeat",{}]', None),
        ('[true,"id","Heartbeat",{}]', None),
        ('[7,"id","Heartbeat",{}]', None),
        ('[3,"id"]', None),
        ('[2,"id","Heartbeat",{}', "id"),
        ('[2,"id","Heartbeat",{}] x', "id"),
        ('[2,"a\\"b","Heartbeat"]', None),
        ('[2,"id', None),
        ("[" * 100_000, None),
        ('[2,"id","X",' + "[" * 50_000 + "]" * 50_000 + "]", "id"),
        ("\ud800", None),
        ('[2,"\ud800","X",{}]', None),
    ],
)
def test_what_is_no_frame_is_malformed_and_answered_where_it_was_a_call(text, message_id):
    with pytest.raises(Malformed) as malformed:
        parse(text)

    assert malformed.value.message_id == message_id


@given(st.text() | JSON.map(json.dumps) | st.lists(JSON, max_size=6).map(json.dumps))
def test_whatever_the_text_it_is_a_frame_or_malformed(text):
    try:
        frame = parse(text)
    except Malformed:
        return

    assert isinstance(frame, Call | CallResult | CallError)


def test_texts_of_ours_are_what_they_say():
    assert call_text("1", "Reset", {"type": "Soft"}) == '[2,"1","Reset",{"type":"Soft"}]'
    assert result_text("1", {"a": "é"}) == '[3,"1",{"a":"é"}]'
    assert json.loads(error_text("1", "GenericError", "x" * 300)) == [
        4,
        "1",
        "GenericError",
        "x" * 255,
        {},
    ]
