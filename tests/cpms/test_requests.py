"""Raw requests to the real server: what is too long or too slow ends, and nothing else."""

import json
import socket

import pytest

from cpms import requests
from tests.ocpp_gateway.conftest import server

__all__ = ["server"]

PATIENCE_S = 15
CHUNKED = b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def answer_to(server, *pieces):
    """All that the server says until it closes; pieces after its end are lost."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as line:
        said = b""
        try:
            for piece in pieces:
                line.sendall(piece)
            while data := line.recv(65_536):
                said += data
        except ConnectionError:
            pass
        return said


def problem_in(said):
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return int(head.split()[1]), json.loads(body)["code"]


def test_a_body_that_says_it_is_too_long_is_not_read(server):
    length = requests.MOST_OF_BODY + 1

    said = answer_to(
        server, b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length
    )

    assert problem_in(said) == (413, "body_too_large")


def test_a_body_of_unknown_length_is_read_up_to_the_limit(server, monkeypatch):
    monkeypatch.setattr(requests, "MOST_OF_BODY", 1000)

    said = answer_to(server, CHUNKED, *[b"1F4\r\n" + b"x" * 500 + b"\r\n"] * 3)

    assert problem_in(said) == (413, "body_too_large")


def test_a_body_that_does_not_end_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr(requests, "BODY_WITHIN_S", 0.2)

    said = answer_to(server, CHUNKED, b"1\r\nx\r\n")

    assert problem_in(said) == (408, "request_timeout")


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_head_that_does_not_end_is_not_waited_for(server, monkeypatch, begun):
    monkeypatch.setattr(requests, "HEAD_WITHIN_S", 0.2)

    assert answer_to(server, begun) == b""


def test_a_head_that_is_too_long_is_not_kept(server):
    assert (
        answer_to(server, b"GET /healthz HTTP/1.1\r\n", *[b"X-Long: " + b"x" * 9_000] * 20) == b""
    )


def test_requests_that_follow_each_other_on_a_connection_are_answered(server, monkeypatch):
    monkeypatch.setattr(requests, "MOST_OF_HEAD", 200)
    posted = b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n" + b"x" * 500
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    said = answer_to(server, posted, posted, last)

    assert said.count(b"HTTP/1.1 403") == 2  # no CSRF token
    assert said.count(b"HTTP/1.1 200") == 1
