"""`python -m cpms.embedded [--demo]`: run the whole deployment on this machine."""

import argparse
import os
import sys

from cpms.embedded.engines import CannotStart
from cpms.embedded.plan import ROOT, from_environment
from cpms.embedded.supervisor import Supervisor


def main() -> int:
    parser = argparse.ArgumentParser(prog="cpms.embedded", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="with demo data and simulators")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    try:
        Supervisor(from_environment(demo=arguments.demo)).run()
    except CannotStart as refusal:
        print(f"\ncpms: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
