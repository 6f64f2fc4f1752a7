"""A DSO made of `pyoscp`, to be run by an interpreter that has it: `pyoscp_peer.py PORT FILE`.

It registers whoever comes with the tokens of FILE and keeps there what it learns. Commands come
as lines of JSON: "tick" does what its background job does, "forecast" sends one, "register" begins
a registration. Each is answered by a line; what it is told is in the lines' `told`.
"""

import json
import sys
import threading
from pathlib import Path

import requests
from flask import Flask
from oscp import createBlueprint
from oscp.RegistrationManager import RegistrationDictMan, createOscpHeader
from werkzeug.serving import make_server

PORT, FILE = int(sys.argv[1]), Path(sys.argv[2])
URL = f"http://127.0.0.1:{PORT}/oscp/cp/2.0"
told = []


class CapacityProvider:
    def handleAdjustGroupCapacityForecast(self, payload, token):  # noqa: N802 -- pyoscp's name
        told.append(["adjust", payload])

    def handleGroupCapacityComplianceError(self, payload, token):  # noqa: N802 -- pyoscp's name
        told.append(["compliance_error", payload])

    def handleUpdateGroupMeasurements(self, payload, token):  # noqa: N802 -- pyoscp's name
        told.append(["measurements", payload])


def main():
    kept = FILE.read_text()
    manager = RegistrationDictMan([{"version": "2.0", "base_url": URL}], str(FILE))
    FILE.write_text(kept)  # which the manager emptied
    app = Flask(__name__)
    injected = {"registrationmanager": manager, "capacityprovider": CapacityProvider()}
    app.register_blueprint(createBlueprint(injected, "cp"))
    server = make_server("127.0.0.1", PORT, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say({"ready": URL})
    for line in sys.stdin:
        say({"result": obey(manager, json.loads(line)), "told": told})


def obey(manager, command):
    if command["do"] == "tick":
        manager._background_job()
        return manager.readJson()
    if command["do"] == "register":
        manager._send_register(command["url"], command["token"], command["token_a"])
        return None
    (endpoint,) = manager.readJson().values()
    where = endpoint["register"]
    answer = requests.post(
        f"{where['base_url']}/update_group_capacity_forecast",
        headers=createOscpHeader(where["token"]),
        json=command["body"],
        timeout=10,
    )
    return [answer.status_code, answer.text]


def say(what):
    print(json.dumps(what), flush=True)


main()
