"""What modules are called in version details."""

from ocpi.enums import Module

BOOKINGS = ("bookings", "Bookings", "booking", "Booking")
"""One module for what can be booked and what is. Its specification names it `Booking` in a text
and `bookings` in URLs, and leaves it out of its table: peers write either."""
NAMES = {Module.BOOKINGS: BOOKINGS, Module.BOOKING_LOCATIONS: BOOKINGS}


def names_of(module: str) -> tuple[str, ...]:
    return NAMES.get(Module(module), (module,)) if module in Module else (module,)
