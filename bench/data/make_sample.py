"""Cut the first two weeks out of the recorded sessions: `python make_sample.py SESSIONS_CSV`.

Times to the minute, energy in watt-hours; sessions without energy are left out.
"""

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

FIRST_DAY, DAYS = datetime(2017, 4, 1), 14  # noqa: DTZ001 -- the wall clock of the place


def main() -> None:
    until = FIRST_DAY + timedelta(days=DAYS)
    with Path(sys.argv[1]).open(newline="") as source:
        rows = [
            (row["Start"][:16], row["End"][:16], round(float(row["Energy"]) * 1000))
            for row in csv.DictReader(source)
            if datetime.fromisoformat(row["End"]) < until and float(row["Energy"]) > 0
        ]
    target = Path(__file__).parent / "sessions_paris.csv"
    with target.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("start", "end", "wh"), *sorted(rows)])


if __name__ == "__main__":
    main()
