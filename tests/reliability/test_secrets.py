"""What is secret stands in no log, however much is logged."""

import base64
import http.client
import json
import urllib.request
from contextlib import closing
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest
import websockets

from bench.load import PASSWORD, identity
from tests.ocpp_gateway.charger import connected
from tests.reliability.conftest import WEB

TOKENS = "/api/v1/auth/token"
EMAIL, HUMAN_PASSWORD = "canary@example.com", "canary-of-a-person-0123"


@pytest.fixture
def talkative_web(lab):
    quiet = lab.environment["CPMS_LOG_LEVEL"]
    lab.environment["CPMS_LOG_LEVEL"] = "DEBUG"
    with lab.serve(*WEB) as server:
        server.ws_url = server.url
        yield server
    lab.environment["CPMS_LOG_LEVEL"] = quiet


async def test_planted_secrets_are_in_no_log(lab, talkative_web):
    web = talkative_web
    given = json.loads(
        lab.manage(
            "create_admin", "--email", EMAIL, "--password", HUMAN_PASSWORD, "--token", "--json"
        )
    )
    taken = ask(web, "POST", TOKENS, {"email": EMAIL, "password": HUMAN_PASSWORD})
    refused = ask(web, "POST", TOKENS, {"email": EMAIL, "password": f"{HUMAN_PASSWORD}!"})
    stations = ask(web, "GET", "/api/v1/stations/?limit=1", token=given["token"])
    log_in(f"http://127.0.0.1:{web.port}")
    with pytest.raises(websockets.InvalidStatus):
        await connected(web, identity(3), f"{PASSWORD}-wrong").__aenter__()
    async with connected(web, identity(3), PASSWORD) as charger:
        await charger.boot()

    log = (lab.directory / "server.log").read_text()
    assert '"level": "debug"' in log
    shown = {
        PASSWORD, HUMAN_PASSWORD, given["token"], taken["token"],
        lab.environment["DJANGO_SECRET_KEY"],
        base64.b64encode(f"{identity(3)}:{PASSWORD}".encode()).decode(),
    }  # fmt: skip
    assert (len(stations["results"]), "token" in refused) == (1, False)
    assert [secret for secret in shown if secret in log] == []


def ask(web, method, path, body=None, token=""):
    """The JSON of the answer, whatever its status."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    with closing(connection):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, json.dumps(body), headers)
        return json.load(connection.getresponse())


def log_in(base):
    """Over the portal's form."""
    cookies = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    browser.open(f"{base}/login/", timeout=20).read()
    token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
    form = {"login": EMAIL, "password": HUMAN_PASSWORD, "csrfmiddlewaretoken": token}
    with browser.open(f"{base}/login/", urlencode(form).encode(), timeout=20) as page:
        assert page.url == f"{base}/"
