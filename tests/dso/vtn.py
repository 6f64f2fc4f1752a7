"""A VTN of OpenADR 3 over real sockets, in either wire version, with the quirks of real ones.

What it is sent is read by the models of the package `openadr3`, which knows 3.1.
"""

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from openadr3.entities.raw import RawReport, RawSubscription


class Vtn:
    """`programs` and `events` are what it has; `reports` and `subscriptions` what it was sent.

    Its token lasts as it likes and it does not say how long; times have neither T nor zone; ids
    are small integers; it challenges callbacks at `<url>/echo`, and encodes notifications twice.
    """

    client_id, client_secret = "ven-client", "ven-secret-long"

    def __init__(self, version):
        self.version = version
        self.programs, self.events = [], []
        self.reports, self.subscriptions, self.asked, self.faults = [], [], [], []
        self.token, self.tokens_given, self.is_broken = "none-yet", 0, False
        self.answers = {}  # path → (status, body): instead of what it would say
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/openadr3"
        self._thread = threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        assert self.faults == []

    def program(self, name="grid"):
        body = {"id": str(len(self.programs)), "programName": name, **self._metadata("PROGRAM")}
        self.programs.append(body)
        return body["id"]

    def event(self, intervals, *, start, length, units="KW", targets=(), **more):
        """`intervals`: a list of `{payload type: value}`."""
        kinds = {kind for interval in intervals for kind in interval}
        body = {
            "id": str(len(self.events)),
            "programID": "0",
            "targets": self._targets(targets),
            "payloadDescriptors": [
                {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": kind,
                 "units": "KWH" if kind == "PRICE" else units,
                 **({"currency": "EUR"} if kind == "PRICE" else {})}
                for kind in sorted(kinds)
            ],
            "intervalPeriod": {"start": start, "duration": length},
            "intervals": [
                {"id": n, "payloads": [{"type": k, "values": [v]} for k, v in one.items()]}
                for n, one in enumerate(intervals)
            ],
            **self._metadata("EVENT"),
            **more,
        }  # fmt: skip
        self.events.append(body)
        return body

    def notify(self, token=None):
        """As it does when an event changes: encoded twice, in snake case."""
        operation = self.subscriptions[-1]["objectOperations"][0]
        body = json.dumps(json.dumps({"object_type": "EVENT", "operation": "PUT", "object": {}}))
        request = urllib.request.Request(  # noqa: S310 -- of the live server
            operation["callbackUrl"], body.encode(),
            {"Authorization": f"Bearer {token or operation['bearerToken']}"}, method="POST",
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 -- of the live server
            return response.status

    def _targets(self, names):
        if self.version == "3.0.1":
            return [{"type": "POWER_SERVICE_LOCATION", "values": list(names)}] if names else None
        return list(names) or None

    def _metadata(self, kind):
        stamp = "2026-01-01 00:00:00.000000"
        return {"objectType": kind, "createdDateTime": stamp, "modificationDateTime": stamp}

    def answer(self, method, path, query, body):
        if (scripted := self.answers.get(path)) is not None:
            return scripted
        what, _, number = path.partition("/")
        if method == "GET" and what in ("programs", "events"):
            first, size = int(query["skip"][0]), int(query["limit"][0])
            return 200, getattr(self, what)[first : first + size]
        if method == "POST" and what == "reports":
            return 201, self._take(self.reports, RawReport, body)
        if method == "POST" and what == "subscriptions":
            return 201, self._subscribe(body)
        if method == "GET" and what == "subscriptions" and int(number) < len(self.subscriptions):
            return 200, self.subscriptions[int(number)]
        return 404, {"title": "Not Found", "status": 404}

    def _subscribe(self, body):
        operation = body["objectOperations"][0]
        request = urllib.request.Request(f"{operation['callbackUrl']}/echo?echo=challenge-7")  # noqa: S310 -- of the live server
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 -- of the live server
            if response.read() != b"challenge-7":
                self.faults.append("the challenge was not met")
        return self._take(self.subscriptions, RawSubscription, body)

    def _take(self, kept, model, body):
        model.model_validate(body)  # raises: the handler notes it
        if self.version == "3.0.1" and "programID" not in body:
            self.faults.append(f"no programID in {body}")
        kept.append(body)
        return {**body, "id": str(len(kept) - 1)}

    def log_in(self, form):
        given = (form.get("client_id"), form.get("client_secret"), form.get("grant_type"))
        if given != ([self.client_id], [self.client_secret], ["client_credentials"]):
            return 401, {"error": "invalid_client"}
        self.tokens_given += 1
        self.token = f"access-{self.tokens_given}"
        return 200, {"access_token": self.token, "token_type": "Bearer", "scope": ["a"]}

    def respond(self, method, path, query, raw, authorization):
        if path.endswith("/token"):
            return self.log_in(parse_qs(raw.decode()))
        if path == "auth/server" and self.version == "3.1.0":
            return 200, {"tokenURL": f"{self.url}/oauth/token"}
        if authorization != f"Bearer {self.token}":
            return 403, {"title": "Forbidden"}
        return self.answer(method, path, query, json.loads(raw) if raw else None)

    def _handler(self):
        vtn = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                path = parts.path.removeprefix("/openadr3/")
                vtn.asked.append((self.command, path))
                if vtn.is_broken:
                    self.close_connection = True
                    return
                try:
                    given = self.headers.get("Authorization")
                    query = parse_qs(parts.query)
                    self.say(*vtn.respond(self.command, path, query, raw, given))
                except Exception as fault:  # noqa: BLE001 -- told at the end of the test
                    vtn.faults.append(repr(fault))
                    self.say(500, {})

            do_GET = do_POST = do_DELETE = do  # noqa: N815 -- http.server's names

            def say(self, status, body):
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args):
                pass

        return Handler
