"""Front-end files under static/vendor: what vendor.json names, as vendor.lock.json pins it.

`--update` fetches the packages with npm (which checks their hashes) and rewrites the lock and
THIRD_PARTY.md; `--check` needs neither network nor npm.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "static" / "vendor"
WANTED = ROOT / "vendor.json"
LOCK = ROOT / "vendor.lock.json"
NOTICE = ROOT / "THIRD_PARTY.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--update", action="store_true", help="fetch and pin (needs npm)")
    kind.add_argument("--check", action="store_true", help="compare with the lock")
    if parser.parse_args().update:
        update()
        return 0
    faults = check()
    print("\n".join(faults) or f"vendor: {len(_locked_files())} files as locked")
    return 1 if faults else 0


def update() -> None:
    wanted = json.loads(WANTED.read_text())
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.iterdir():
        old.unlink()
    packages = {}
    for name, package in wanted["packages"].items():
        with tempfile.TemporaryDirectory() as folder:
            integrity, archive = fetch(name, package["version"], Path(folder))
            with tarfile.open(archive) as tar:
                if "sprite" in package:
                    (TARGET / package["sprite"]).write_text(sprite(tar, wanted["icons"]))
                for source, target in package.get("files", {}).items():
                    (TARGET / target).write_bytes(read(tar, source))
        packages[name] = {"version": package["version"], "integrity": integrity}
    files = {path.name: digest(path) for path in sorted(TARGET.iterdir())}
    lock = {"packages": packages, "files": files}
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")
    NOTICE.write_text(third_party(wanted["packages"]))


def fetch(name: str, version: str, folder: Path) -> tuple[str, Path]:
    """The package's archive and its hash as the registry gave and npm checked it."""
    command = ["npm", "pack", f"{name}@{version}", "--json", "--pack-destination", str(folder)]
    answer: Any = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    packed = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    return packed["integrity"], next(folder.glob("*.tgz"))


def read(tar: tarfile.TarFile, path: str) -> bytes:
    member = tar.extractfile(f"package/{path}")
    assert member is not None
    return member.read()


def sprite(tar: tarfile.TarFile, icons: list[str]) -> str:
    """One SVG of symbols, drawn with the text's colour."""
    symbols = []
    for icon in icons:
        text = read(tar, f"icons/outline/{icon}.svg").decode()
        body = re.sub(r"<!--.*?-->|<svg[^>]*>|</svg>", "", text, flags=re.DOTALL)
        body = " ".join(body.split())
        symbols.append(f'<symbol id="{icon}" viewBox="0 0 24 24">{body}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "\n".join(symbols) + "</svg>\n"


def digest(path: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def third_party(packages: dict[str, Any]) -> str:
    rows = [
        f"| {name} | {package['version']} | {package['license']} |"
        for name, package in packages.items()
    ]
    head = (
        "# Third-party front-end files\n\nShipped unchanged in `static/vendor` "
        "(the icons as one sprite).\n\n| package | version | licence |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def _locked_files() -> dict[str, str]:
    files: dict[str, str] = json.loads(LOCK.read_text())["files"]
    return files


def check() -> list[str]:
    """What is changed, missing or extra."""
    locked = _locked_files()
    found = {path.name: digest(path) for path in TARGET.iterdir()}
    faults = [f"{name}: missing" for name in locked if name not in found]
    faults += [f"{name}: not in the lock" for name in found if name not in locked]
    faults += [
        f"{name}: changed" for name in locked if found.get(name, locked[name]) != locked[name]
    ]
    return faults


if __name__ == "__main__":
    sys.exit(main())
