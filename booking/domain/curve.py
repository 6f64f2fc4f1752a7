"""Curves that are drawn: many points made few without losing a peak."""

Point = tuple[int, int]


def thinned(points: list[Point], most: int) -> list[Point]:
    """At most `most` points (at least 2) in the same order: of each stretch its lowest and its
    highest."""
    if len(points) <= most:
        return points
    stretches = most // 2
    kept: list[Point] = []
    for number in range(stretches):
        since, until = (len(points) * at // stretches for at in (number, number + 1))
        stretch = range(since, until)
        low = min(stretch, key=lambda at: points[at][1])
        high = max(stretch, key=lambda at: points[at][1])
        kept += [points[at] for at in sorted({low, high})]
    return kept
