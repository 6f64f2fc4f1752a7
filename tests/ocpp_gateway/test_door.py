import base64
import binascii

import pytest
from django.conf import settings

from ocpp_gateway.door import (
    Candidate,
    Denied,
    authenticate,
    basic_credentials,
    choose_subprotocol,
    header,
    identity_of,
)
from stations.domain.credentials import digest_of

SALT = b"s" * 16
KEY, PENDING = "0f" * 20, "1e" * 20


def basic(user, key):
    return b"Basic " + base64.b64encode(user + b":" + key)


def candidate(key=KEY, pending=PENDING):
    digests = [
        text and digest_of(text.encode(), SALT, settings.SECRET_KEY) for text in (key, pending)
    ]
    return Candidate(
        1, 1, 1, SALT, *digests, strict=False, registration="Accepted", evse_numbers=[1]
    )


@pytest.mark.parametrize(
    ("key", "is_pending"),
    [
        (KEY.encode(), False),
        (KEY.upper().encode(), False),
        (binascii.unhexlify(KEY), False),
        (PENDING.encode(), True),
        (binascii.unhexlify(PENDING), True),
    ],
)
def test_a_key_opens_as_hexadecimal_text_and_as_the_bytes_it_stands_for(key, is_pending):
    assert authenticate("CP001", candidate(), basic(b"CP001", key)) is is_pending


@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b"Basic",
        b"Basic ###",
        b"Bearer abc",
        basic(b"CP001", b""),
        basic(b"CP001", KEY.encode()[:-1]),
        basic(b"CP002", KEY.encode()),
        basic(b"cp001", KEY.encode()),
        basic(b"", KEY.encode()),
        b"Basic " + base64.b64encode(b"CP001" + KEY.encode()),
    ],
)
def test_anything_but_a_right_key_of_this_station_is_401(authorization):
    with pytest.raises(Denied) as denial:
        authenticate("CP001", candidate(), authorization)

    assert (denial.value.status, denial.value.headers) == (
        401,
        {"WWW-Authenticate": 'Basic realm="ocpp"'},
    )


def test_no_key_no_entry():
    with pytest.raises(Denied):
        authenticate("CP001", candidate(key=None, pending=None), basic(b"CP001", b""))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (basic(b"CP001", b"a:b"), (b"CP001", b"a:b")),
        (b"basic " + base64.b64encode(b"u:p"), (b"u", b"p")),
        (b"Basic  " + base64.b64encode(b"u:p") + b" ", (b"u", b"p")),
        (b"Basic " + base64.b64encode(b"u"), (b"u", b"")),
        (b"Basic dTpw=x", (b"", b"")),
        (b"Digest dTpw", (b"", b"")),
    ],
)
def test_what_a_basic_header_says(value, found):
    assert basic_credentials(value) == found


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        (b"/ocpp/CP001", "CP001"),
        (b"/ocpp/CP%20001", "CP 001"),
        (b"/ocpp/" + b"A" * 48, "A" * 48),
        (b"/ocpp/CP001?x=1", "CP001"),
    ],
)
def test_the_identity_is_the_end_of_the_path(path, identity):
    assert identity_of({"path": "/", "raw_path": path}) == identity


@pytest.mark.parametrize(
    "path",
    [b"/ocpp/", b"/ocpp/a/b", b"/ocpp/a%2Fb", b"/ocpp/" + b"A" * 49, b"/ocpp/%FF", b"/ocpp/%00"],
)
def test_what_cannot_be_an_identity_is_404(path):
    with pytest.raises(Denied) as denial:
        identity_of({"path": "/", "raw_path": path})

    assert denial.value.status == 404


def test_a_server_that_tells_no_raw_path_has_a_path():
    assert identity_of({"path": "/ocpp/CP001"}) == "CP001"


@pytest.mark.parametrize("offered", [["ocpp1.6"], ["ocpp2.0.1", "ocpp1.6"]])
def test_the_best_common_subprotocol(offered):
    assert choose_subprotocol(offered) == "ocpp1.6"


@pytest.mark.parametrize("offered", [[], ["ocpp2.0.1"], ["OCPP1.6"]])
def test_no_common_subprotocol_is_400(offered):
    with pytest.raises(Denied) as denial:
        choose_subprotocol(offered)

    assert denial.value.status == 400


@pytest.mark.parametrize(("times", "value"), [(0, b""), (1, b"x"), (2, b"")])
def test_a_header_that_stands_twice_counts_for_nothing(times, value):
    scope = {"headers": [(b"authorization", b"x")] * times + [(b"host", b"y")]}

    assert header(scope, b"authorization") == value
