"""Read OCPI 2.2.1 bodies of ours with the models of `extrawest-ocpi`, a client not written here.

It pins old versions of FastAPI and pydantic, so it lives in an environment of its own, which
`make setup-dev` makes:

    .venv/peers/bin/python tools/check_with_extrawest.py FILE

FILE holds one JSON object a line, with `module`, `body` and perhaps `method`: what the contract
test writes, or the ledger of a simulated eMSP (`manage.py simulate_emsp --speaks 2.2.1 --ledger FILE`).
Exit code 1 when a body cannot be read for a reason that is not the client's own.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from py_ocpi.modules.cdrs.v_2_2_1.schemas import Cdr
from py_ocpi.modules.locations.v_2_2_1.schemas import EVSE, Location
from py_ocpi.modules.sessions.v_2_2_1.schemas import Session
from py_ocpi.modules.tariffs.v_2_2_1.schemas import Tariff
from pydantic import ValidationError

MODELS = {"locations": Location, "sessions": Session, "cdrs": Cdr, "tariffs": Tariff}
WHOLE = ("GET", "POST", "PUT")
ITS_OWN = {  # where its models are not what 2.2.1 says
    "status_schedule:": "a list in §8.3.2, an object there",
    "environ_impact.": "a list in §8.4.6, an object there",
    "energy_mix.supplier_name: field required": "optional in §8.4.6",
    "energy_mix.energy_product_name: field required": "optional in §8.4.6",
    "locations address:": "255 characters in §8.3.1 since d2's errata, 45 there",
    "locations state:": "45 characters in §8.3.1 since d2's errata, 20 there",
}


def main(path: Path) -> int:
    read, faults = Counter[str](), Counter[str]()
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        if entry.get("method", "GET") not in WHOLE or entry["module"] not in MODELS:
            continue
        read[entry["module"]] += 1
        faults.update(faults_in(entry["module"], entry["body"]))
    for module, count in sorted(read.items()):
        print(f"{module:<12}{count:>7} read")
    ours = 0
    for fault, count in faults.most_common():
        excuse = next((why for mark, why in ITS_OWN.items() if mark in fault), None)
        ours += excuse is None
        print(f"{count:>7} × {fault}{f' (its own: {excuse})' if excuse else ''}")
    return 1 if ours or not read else 0


def faults_in(module: str, body: Any) -> list[str]:
    """Each fault as `module path: reason`, list indices left out."""
    model = EVSE if module == "locations" and "uid" in body else MODELS[module]
    try:
        model.parse_obj(body)
    except ValidationError as refusal:
        return [
            f"{module} {'.'.join(str(p) for p in one['loc'] if isinstance(p, str))}: {one['msg']}"
            for one in refusal.errors()
        ]
    return []


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
