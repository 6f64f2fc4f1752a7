import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cpms import egress
from cpms.egress import EgressFailed, EgressRefused, Request, checked, fetch

PUBLIC = "93.184.216.34"


class Canary:
    """Listens and counts who came."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self):
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            link.close()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(1)


@pytest.fixture
def canary():
    made = Canary()
    yield made
    made.close()


HOSTILE = [
    "http://127.0.0.1:{port}/", "https://127.0.0.1:{port}/", "https://127.1:{port}/",
    "https://0:{port}/", "https://0.0.0.0:{port}/", "https://2130706433:{port}/",
    "https://0x7f.1:{port}/", "https://0x7f000001:{port}/", "https://017700000001:{port}/",
    "https://0177.0.0.1:{port}/", "https://127.000.000.001:{port}/", "https://[::1]:{port}/",
    "https://[::]:{port}/", "https://[::ffff:127.0.0.1]:{port}/", "https://[::ffff:7f00:1]:{port}/",
    "https://[0:0:0:0:0:ffff:127.0.0.1]:{port}/", "https://[64:ff9b::7f00:1]:{port}/",
    "https://[2002:7f00:1::]:{port}/", "https://[2001:0:7f00:1::]:{port}/",
    "https://[fe80::1]:{port}/", "https://[fc00::1]:{port}/", "https://[ff02::1]:{port}/",
    "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://192.168.0.1/", "https://100.64.0.1/", "https://224.0.0.1/",
    "https://255.255.255.255/", "https://localhost:{port}/", "https://LOCALHOST:{port}/",
    "http://93.184.216.34/", "https://93.184.216.34:22/", "https://93.184.216.34:25/",
    "https://user@127.0.0.1:{port}/", "https://93.184.216.34@127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_x", "file:///etc/passwd", "ftp://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@93.184.216.34/", "https://93.184.216.34:99999/", "https:///x",
    "https://①②⑦.0.0.1:{port}/", "https://127.0.0.1:{port}/ HTTP/1.1\r\nHost: x",
    "//127.0.0.1:{port}/", "127.0.0.1:{port}", "https://[::1%25lo]:{port}/", "", "https://[/",
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_url_is_never_connected_to(canary, url):
    with pytest.raises(EgressRefused):
        fetch(Request("GET", url.format(port=canary.port)))

    assert canary.connections == 0


def test_a_name_with_one_private_address_is_refused():
    with pytest.raises(EgressRefused):
        checked("https://emsp.example/", None, lambda host, port: [PUBLIC, "127.0.0.1"])


def test_a_name_that_changes_its_address_is_connected_to_as_checked(canary, monkeypatch):
    answers = iter([PUBLIC, "127.0.0.1", "127.0.0.1"])
    dialled = []

    def dial(address, timeout):
        dialled.append(address)
        raise TimeoutError

    monkeypatch.setattr(egress, "_resolved", lambda host, port: [next(answers)])
    monkeypatch.setattr(egress.socket, "create_connection", dial)
    with pytest.raises(EgressFailed):
        fetch(Request("GET", f"https://rebind.example:{canary.port}/"))

    assert dialled == [(PUBLIC, canary.port)]
    assert canary.connections == 0


def test_only_the_hosts_that_the_caller_expects():
    with pytest.raises(EgressRefused):
        checked("https://other.example/", {"emsp.example"}, lambda host, port: [PUBLIC])

    target = checked("https://EMSP.example/a?b=c", {"emsp.example"}, lambda host, port: [PUBLIC])
    assert (target.host, target.port, target.path) == ("emsp.example", 443, "/a?b=c")


class Handler(BaseHTTPRequestHandler):
    """`/ok`, `/away` redirects, `/large`, `/slow` drips."""

    seen: list[tuple[str, str]] = []

    def do_GET(self):
        self.seen.append((self.path, self.headers["Host"]))
        if self.path == "/slow":
            self.drip()
            return
        body = {"/large": b"x" * (egress.MOST_BYTES + 1)}.get(self.path, b"fine")
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", "/ok")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(1000):
            try:
                self.wfile.write(b"x")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.02)

    def log_message(self, *args):
        pass


@pytest.fixture
def peer(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    Handler.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_the_operator_allows_is_reached(peer):
    answer = fetch(Request("GET", f"{peer}/ok", hosts={"127.0.0.1"}))

    assert (answer.status, answer.body) == (200, b"fine")
    assert Handler.seen == [("/ok", peer.removeprefix("http://"))]


def test_a_redirect_is_an_answer_and_is_not_followed(peer):
    answer = fetch(Request("GET", f"{peer}/away"))

    assert (answer.status, [path for path, _ in Handler.seen]) == (302, ["/away"])


@pytest.mark.parametrize("path", ["/large", "/slow"])
def test_an_endless_answer_is_cut(peer, path):
    with pytest.raises(EgressFailed) as failure:
        fetch(Request("GET", f"{peer}{path}", total_s=0.5))

    assert failure.value.was_sent
