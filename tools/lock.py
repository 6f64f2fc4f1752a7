"""Write `requirements.lock` from `pyproject.toml`: every version and hash, run-time group first.

One file serves both groups: a run-time install reads down to the line `# --- development`,
a development install reads all of it (see `make setup` and `make setup-dev`).
`tests/peers.lock` is for the clients and servers not written here that tests talk to: they pin
old versions of what we use too, so they get an environment of their own (`.venv/peers`).
Needs `uv` (any recent release) on PATH or as the first argument.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIVIDER = "# --- development"
PEERS = "# Peers that tests talk to; made by `make lock` from pyproject.toml, not by hand."
HEAD = """\
# Every package with its hash; made by `make lock` from pyproject.toml, not by hand.
# The run-time group ends at the line "# --- development".
"""


def compiled(uv: str, *what: str) -> str:
    """The resolved requirements as text, without the resolver's own header."""
    command = [uv, "pip", "compile", *what, "--universal", "--python-version", "3.11"]
    quiet = ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "-q"]
    done = subprocess.run([*command, *quiet], cwd=ROOT, check=True, capture_output=True)
    return done.stdout.decode()


def entries(text: str) -> list[str]:
    """One string per requirement, its hash lines included."""
    found: list[str] = []
    for line in text.splitlines():
        if line.startswith(" "):
            found[-1] += "\n" + line
        elif line and not line.startswith("#"):
            found.append(line)
    return found


def main() -> None:
    uv = sys.argv[1] if len(sys.argv) > 1 else "uv"
    run = compiled(uv, "pyproject.toml")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pins:
        pins.write(run)
        pins.flush()
        everything = compiled(uv, "pyproject.toml", "--group", "dev", "-c", pins.name)
    names = {entry.split("==")[0] for entry in entries(run)}
    dev = [entry for entry in entries(everything) if entry.split("==")[0] not in names]
    text = "\n".join([HEAD + "\n".join(entries(run)), DIVIDER, *dev]) + "\n"
    (ROOT / "requirements.lock").write_text(text)
    peers = compiled(uv, "--group", "peers")
    (ROOT / "tests/peers.lock").write_text("\n".join([PEERS, *entries(peers)]) + "\n")


if __name__ == "__main__":
    main()
