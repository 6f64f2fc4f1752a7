"""Cut the demo's two weeks out of the recorded sessions: `python make_sample.py SESSIONS_CSV`.

Leaves out what two cars at one charger at the same time would be, and renames chargers to slots.
"""

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

FIRST_DAY, DAYS = datetime(2018, 6, 18), 14  # noqa: DTZ001 -- the wall clock of the place
PAUSE = timedelta(minutes=2)
SLOTS = {
    ("51547", ""): "DC1",
    ("51548", ""): "DC2",
    ("51549", ""): "DC3",
    ("51550", ""): "DC4",
    ("50912", "1"): "AC1",
    ("50912", "2"): "AC2",
    ("50913", "1"): "AC3",
    ("50913", "2"): "AC4",
    ("50914", "1"): "AC5",
    ("50914", "2"): "AC6",
}


def slot_of(row: dict[str, str]) -> str:
    """A 50 kW charger serves one car whatever the plug; a dual one serves two."""
    return SLOTS[row["cp_id"], "" if row["model"].startswith("50kW") else row["connector"]]


def sample(rows: list[dict[str, str]]) -> list[tuple[str, str, str, str]]:
    free_at = dict.fromkeys(SLOTS.values(), FIRST_DAY)
    chosen = []
    for row in sorted(rows, key=lambda row: row["start"]):
        starts, ends = (datetime.fromisoformat(row[name]) for name in ("start", "end"))
        slot = slot_of(row)
        if starts >= free_at[slot] and ends <= FIRST_DAY + timedelta(days=DAYS):
            free_at[slot] = ends + PAUSE
            chosen.append((slot, row["start"][:16], row["end"][:16], row["kwh"]))
    return chosen


def main() -> None:
    with Path(sys.argv[1]).open(newline="") as source:
        rows = sample(list(csv.DictReader(source)))
    target = Path(__file__).parent / "sessions_lochee.csv"
    with target.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("slot", "start", "end", "kwh"), *rows])


if __name__ == "__main__":
    main()
