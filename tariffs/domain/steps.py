"""step_size (OCPI 2.2.1 §10.3.1 and §11.4.2): what is billed is whole steps.

Once per session for energy, once for time: the session's total of the dimension is rounded up by
the step of the component that priced its last period, and that component's price bears the
rest. Where parking was priced, parking is what is rounded and charging time is not; a
reservation is rounded by itself. What no component priced does not count.
"""

from decimal import ROUND_CEILING, Decimal

NOISE = Decimal("0.001")  # of a Wh or a second: what conversions leave


def whole_steps(volume: Decimal, step_size: int) -> Decimal:
    """The volume billed: started steps count whole; a step of 0 is one of 1. What was fed back
    (a negative volume) is not rounded."""
    if volume <= 0:
        return volume
    step = max(step_size, 1)
    started = (volume.quantize(NOISE) / step).to_integral_value(ROUND_CEILING)
    return started * step
