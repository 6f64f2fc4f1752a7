"""A small eMSP that speaks OCPI 2.2.1 (or what it `speaks`) over real sockets, with code of its own: it serves its
versions, details and credentials, takes what it is pushed, and asks like a client."""

import base64
import json
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOW = "2026-06-01T12:00:00Z"


@dataclass
class Answer:
    status: int
    body: dict
    headers: dict = field(default_factory=dict)

    @property
    def codes(self):
        return self.status, self.body.get("status_code")

    @property
    def data(self):
        return self.body.get("data")


def header(token, encoding="base64"):
    text = base64.b64encode(token.encode()).decode() if encoding == "base64" else token
    return f"Token {text}"


class Emsp:
    """Its own token for us is `token_b`; what we give it, `token`. `received` is a ledger of
    (method, path below its modules, body). `answers` scripts (method, module) → Answer."""

    def __init__(self, country="NL", party="RMR", modules=None, encoding="base64"):
        self.country, self.party, self.encoding = country, party, encoding
        self.token_b, self.token = "token-B-of-the-emsp", ""
        self.modules = modules or ["locations", "sessions", "cdrs", "tariffs", "commands"]
        self.sends = ["tokens", "chargingprofiles"]
        self.received, self.requests, self.answers = [], [], {}
        self.speaks = "2.2.1"
        self.versions = ["2.1.1", "2.2.1", "2.3.0"]
        self.closed = threading.Event()  # what a scripted answer may hang on
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def credentials(self):
        role = {
            "role": "EMSP",
            "party_id": self.party,
            "country_code": self.country,
            "business_details": {"name": "Roamer"},
        }
        return {"token": self.token_b, "url": f"{self.url}/versions", "roles": [role]}

    def ask(self, method, url, body=None, token=None, encoding=None, **headers):
        """A request of ours to the CPO."""
        token = self.token if token is None else token
        sent = {"Content-Type": "application/json", **headers}
        if token:
            sent["Authorization"] = header(token, encoding or self.encoding)
        data = (
            body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        )
        request = urllib.request.Request(url, data, sent, method=method)  # noqa: S310 -- of the live server
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 -- of the live server
                return _answer(response)
        except urllib.error.HTTPError as refused:
            with refused:
                return _answer(refused)

    def discover(self, versions_url, token):
        """The CPO's endpoints by module, in the version that it speaks."""
        versions = self.ask("GET", versions_url, token=token).data
        url = next(entry["url"] for entry in versions if entry["version"] == self.speaks)
        details = self.ask("GET", url, token=token).data
        return {entry["identifier"]: entry["url"] for entry in details["endpoints"]}

    def register(self, invitation):
        endpoints = self.discover(invitation.versions_url, invitation.token_a)
        answer = self.ask("POST", endpoints["credentials"], self.credentials, invitation.token_a)
        if answer.codes == (200, 1000):
            self.token, self.endpoints = answer.data["token"], endpoints
        return endpoints, answer

    def _handler(self):
        emsp = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else None
                given = self.headers.get("Authorization")
                emsp.requests.append((self.command, self.path, dict(self.headers)))
                if given != header(emsp.token_b, emsp.encoding):
                    return self.answer(Answer(401, {"status_code": 2000, "timestamp": NOW}))
                return self.answer(emsp.answer(self.command, self.path, body))

            do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = do  # noqa: N815 -- http.server's names

            def answer(self, answer):
                raw = json.dumps(answer.body).encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args):
                pass

        return Handler

    def answer(self, method, path, body):
        if path == "/versions":
            listed = [{"version": v, "url": f"{self.url}/{v}"} for v in self.versions]
            return ok(listed)
        if path.removeprefix("/") in self.versions:
            endpoints = [_endpoint("credentials", "RECEIVER", self.url)]
            endpoints += [_endpoint(name, "RECEIVER", self.url) for name in self.modules]
            endpoints += [_endpoint(name, "SENDER", self.url) for name in self.sends]
            return ok({"version": path.removeprefix("/"), "endpoints": endpoints})
        module = path.split("?")[0].split("/")[2]
        scripted = self.answers.get((method, module))
        if callable(scripted):
            scripted = scripted(path, body)
        if scripted is None or scripted.status < 500:
            self.received.append((method, path.removeprefix("/emsp/"), body))
        return scripted or ok(None)


def refused(status, code, message=""):
    return Answer(status, {"status_code": code, "status_message": message, "timestamp": NOW})


def ok(data):
    body = {"status_code": 1000, "timestamp": NOW}
    return Answer(200, body if data is None else {**body, "data": data})


def _endpoint(name, role, url):
    return {"identifier": name, "role": role, "url": f"{url}/emsp/{name}"}


def _answer(response):
    raw = response.read()
    body = json.loads(raw) if raw else {}
    return Answer(response.status, body, dict(response.headers))
