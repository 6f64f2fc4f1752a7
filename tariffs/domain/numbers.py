"""Numbers as JSON brings them, made exact; what is no number the engine can use is named."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cpms.kernel.errors import Invalid

LARGEST = Decimal(10) ** 12
MOST_DECIMALS = 30
GRAIN = Decimal("0.000001")  # of a Wh, a second or an ampere: finer is noise of conversions


class Fields:
    """A JSON object whose fields are read by name; faults name the path and are of one kind.
    A null field is an absent one."""

    def __init__(self, body: Any, path: str, fault: type[Invalid]) -> None:
        self.path, self.fault = path, fault
        if not isinstance(body, Mapping):
            raise self.refuse("", "must be an object")
        self._body = {name: value for name, value in body.items() if value is not None}

    def refuse(self, name: str, reason: str) -> Invalid:
        path = ".".join(part for part in (self.path, name) if part)
        return self.fault(f"{path}: {reason}" if path else reason)

    def __contains__(self, name: str) -> bool:
        return name in self._body

    def value(self, name: str) -> Any:
        if name not in self._body:
            raise self.refuse(name, "is missing")
        return self._body[name]

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str) or not value:
            raise self.refuse(name, "must be a text")
        return value

    def number(self, name: str) -> Decimal:
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self.refuse(name, "must be a number")
        exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
        if not exact.is_finite() or abs(exact) >= LARGEST:
            raise self.refuse(name, "is too large a number")
        exponent = exact.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
            raise self.refuse(name, f"has more than {MOST_DECIMALS} decimals")
        return exact

    def whole(self, name: str) -> int:
        number = self.number(name)
        if number != int(number) or number < 0:
            raise self.refuse(name, "must be a whole number, not negative")
        return int(number)

    def instant(self, name: str) -> datetime:
        """OCPI DateTime: UTC, also without its Z."""
        try:
            instant = datetime.fromisoformat(self.text(name))
        except ValueError as fault:
            raise self.refuse(name, "must be a date and time (RFC 3339, UTC)") from fault
        if instant.tzinfo is None:
            return instant.replace(tzinfo=UTC)
        try:
            return instant.astimezone(UTC)
        except OverflowError as fault:
            raise self.refuse(name, "is out of range") from fault

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError as fault:
            raise self.refuse(name, "must be a date (YYYY-MM-DD)") from fault

    def objects(self, name: str) -> "list[Fields]":
        """The objects of a list, at least one."""
        value = self.value(name)
        if not isinstance(value, list) or not value:
            raise self.refuse(name, "must be a list that is not empty")
        prefix = f"{self.path}.{name}" if self.path else name
        return [Fields(item, f"{prefix}.{place}", self.fault) for place, item in enumerate(value)]

    def object(self, name: str) -> "Fields":
        prefix = f"{self.path}.{name}" if self.path else name
        return Fields(self.value(name), prefix, self.fault)


def grained(number: Decimal) -> Decimal:
    return number.quantize(GRAIN)
