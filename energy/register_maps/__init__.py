"""Register maps of vendors: those that come with the CPMS, and the operator's own in
`CPMS_DATA_DIR/register-maps/`. An own one of the same name goes first."""

from functools import cache
from pathlib import Path

import yaml
from django.conf import settings

from energy.domain.register_map import RegisterMap, map_of
from energy.errors import InvalidRegisterMap, UnknownRegisterMap

OURS = Path(__file__).parent
MOST_BYTES = 100_000


def folders() -> tuple[Path, Path]:
    return Path(settings.DATA_DIR) / "register-maps", OURS


def names() -> list[str]:
    """Of all maps that there are, valid or not."""
    return sorted({path.stem for folder in folders() for path in folder.glob("*.yaml")})


def register_map(name: str) -> RegisterMap:
    """Raises UnknownRegisterMap, InvalidRegisterMap."""
    for folder in folders():
        path = folder / f"{name}.yaml"
        if path.parent == folder and path.is_file():
            return _read(path, path.stat().st_mtime_ns)
    raise UnknownRegisterMap(f"There is no register map {name[:64]!r}.")


@cache
def _read(path: Path, _changed_ns: int) -> RegisterMap:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidRegisterMap(f"{path.name}: is too large")
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as fault:
        reason = next(iter(str(fault).splitlines()), type(fault).__name__)
        raise InvalidRegisterMap(f"{path.name}: is not YAML: {reason}") from fault
    try:
        return map_of(path.stem, body)
    except InvalidRegisterMap as fault:
        raise InvalidRegisterMap(f"{path.name}: {fault.text}") from fault
