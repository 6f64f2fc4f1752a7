"""Who gets what of a site's limit: what holds always, and what one would do by hand."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import sharing as replayed
from energy.domain.sharing import DWELL_S, LEAST_A, RETRY_S, TURN_S, Claim, appetite, share, slack

HOUR_S = 3600
SINGLE = {"L1": 1.0}
THREE = {"L1": 1.0, "L2": 1.0, "L3": 1.0}


def car(key, loads=SINGLE, most_a=32, **more):
    return Claim(key, loads, most_a, **more)


def phases(amperes):
    return dict.fromkeys(THREE, float(amperes))


# --- whatever comes ---

LOADS = st.sampled_from([SINGLE, {"L2": 1.0}, {"L3": 1.0}, THREE, {**THREE, "W": 690.0}])
CLAIMS = st.lists(
    st.builds(
        Claim,
        key=st.integers(),
        loads=LOADS,
        most_a=st.integers(0, 63),
        priority=st.integers(0, 2),
        slack_s=st.none() | st.floats(-HOUR_S, 10 * HOUR_S) | st.just(inf),
        share_a=st.just(0) | st.integers(6, 63),
        since_s=st.floats(0, 10_000),
        appetite_a=st.none() | st.integers(0, 40),
    ),
    unique_by=lambda claim: claim.key,
    max_size=12,
)
LIMITS = st.fixed_dictionaries({"L1": st.floats(-5, 90), "L2": st.floats(0, 90),
                                "L3": st.floats(0, 90), "W": st.floats(0, 60_000)})  # fmt: skip


@given(LIMITS, CLAIMS)
def test_no_line_bears_too_much_and_nobody_gets_too_little(limits, claims):
    shares = share(limits, claims)

    assert set(shares) == {claim.key for claim in claims}
    for claim in claims:
        given_a = shares[claim.key]
        assert given_a == 0 or LEAST_A <= given_a <= claim.cap_a
    for line, limit in limits.items():
        load = sum(shares[claim.key] * claim.loads.get(line, 0) for claim in claims)
        assert load <= max(0, limit) + 1e-3


@given(LIMITS, CLAIMS)
def test_nothing_is_left_that_somebody_could_use(limits, claims):
    shares = share(limits, claims)

    left = {
        line: limit - sum(shares[claim.key] * claim.loads.get(line, 0) for claim in claims)
        for line, limit in limits.items()
    }
    for claim in claims:
        room_a = min(left[line] / load for line, load in claim.loads.items()) + 1e-6
        given_a = shares[claim.key]
        if given_a:
            assert given_a == claim.cap_a or room_a < 1 + 1e-3
        else:
            assert claim.most_a < LEAST_A or room_a < LEAST_A + 1e-3


# --- by hand ---


def test_equals_share_alike():
    cars = [car("a"), car("b"), car("c", THREE, 16)]

    assert share(phases(32), cars) == {"a": 11, "b": 10, "c": 11}


def test_what_one_cannot_use_others_get():
    cars = [car("a", appetite_a=8, share_a=16), car("b"), car("c", most_a=13)]

    assert share(phases(40), cars) == {"a": 8, "b": 19, "c": 13}


def test_the_power_of_all_phases_binds_too():
    cars = [car("ac", {**THREE, "W": 690.0}, 32), car("dc", {**THREE, "W": 700.0}, 200)]

    assert share({**phases(63), "W": 20_000.0}, cars) == {"ac": 14, "dc": 14}


def test_a_feeder_behind_the_connection_binds_its_own_cars():
    behind = {"L1": 1.0, "feeder": 1.0}
    limits = {**phases(40), "feeder": 16.0}

    assert share(limits, [car("a", behind), car("b", behind), car("c")]) == {
        "a": 8,
        "b": 8,
        "c": 24,
    }


def test_cars_on_other_phases_do_not_count():
    cars = [car("a"), car("b", {"L2": 1.0}), car("c", {"L3": 1.0})]

    assert share(phases(20), cars) == {"a": 20, "b": 20, "c": 20}


def test_all_charge_before_one_charges_fast():
    cars = [car(key, slack_s=number * 60.0) for number, key in enumerate("abc")]

    assert share(phases(20), cars) == {"a": 8, "b": 6, "c": 6}


def test_priority_comes_before_everything():
    cars = [
        car("guest", slack_s=0.0, share_a=6),
        car("ambulance", priority=-1, slack_s=10.0 * HOUR_S),
    ]

    assert share(phases(30), cars) == {"ambulance": 30, "guest": 0}


def test_who_is_short_of_time_comes_before_who_has_time():
    cars = [car("late", slack_s=8.0 * HOUR_S), car("soon", slack_s=600.0)]

    assert share(phases(30), cars) == {"late": 0, "soon": 30}


def test_three_phases_are_raised_before_one():
    cars = [car("single", slack_s=0.0), car("three", THREE, 16, slack_s=600.0)]

    assert share(phases(24), cars) == {"three": 16, "single": 8}


def test_who_charges_goes_on():
    cars = [car("new", slack_s=0.0), car("old", slack_s=600.0, share_a=6, since_s=HOUR_S)]

    assert share(phases(10), cars) == {"new": 0, "old": 10}


@pytest.mark.parametrize(
    ("charging_s", "waiting_s", "next_one"),
    [(TURN_S - 1, 5 * TURN_S, "charging"), (TURN_S, 60, "waiting")],
)
def test_where_no_departure_is_known_they_take_turns(charging_s, waiting_s, next_one):
    cars = [
        car("charging", share_a=6, since_s=charging_s),
        car("waiting", since_s=waiting_s),
    ]

    assert max(share(phases(11), cars).items(), key=lambda one: one[1]) == (next_one, 11)


def test_who_waited_longest_is_next():
    cars = [car("a", since_s=60), car("b", since_s=120), car("c", since_s=90)]

    assert share(phases(13), cars) == {"a": 0, "b": 7, "c": 6}


@pytest.mark.parametrize(("since_s", "is_kept"), [(DWELL_S - 1, True), (DWELL_S, False)])
def test_who_began_a_moment_ago_is_not_paused_for_one_in_a_hurry(since_s, is_kept):
    cars = [
        car("relaxed", slack_s=9.0 * HOUR_S, share_a=6, since_s=since_s),
        car("hurried", slack_s=0.0),
    ]

    assert share(phases(10), cars) == (
        {"relaxed": 10, "hurried": 0} if is_kept else {"relaxed": 0, "hurried": 10}
    )


def test_a_full_car_gets_what_nobody_else_needs():
    full = car("full", appetite_a=0, share_a=6, since_s=DWELL_S)

    assert share(phases(38), [full, car("other")]) == {"full": 6, "other": 32}
    assert share(phases(37), [full, car("other")]) == {"full": 0, "other": 32}


def test_a_full_car_is_tried_again_after_a_while():
    waiting = car("full", appetite_a=0, since_s=RETRY_S)

    assert share(phases(20), [waiting, car("other")]) == {"full": 6, "other": 14}


def test_without_room_nobody_charges():
    assert share(phases(5), [car("a"), car("b", THREE)]) == {"a": 0, "b": 0}
    assert share(phases(-3), [car("a", share_a=6)]) == {"a": 0}


@pytest.mark.parametrize(
    ("before", "share_a", "drawn_a", "found"),
    [
        (None, 16, (), None),
        (9, 16, (7.0,), 9),
        (None, 16, (9.5, 9.7), 12),
        (None, 16, (16.0, 9.7), None),
        (None, 16, (9.7, 15.2), None),
        (12, 16, (0.0, 0.4), 0),
        (0, 6, (0.0, 5.8), None),
        (None, 16, (16.0, 9.0, 8.0), 11),
        (0, 0, (0.0, 0.0), 0),
    ],
)
def test_two_samples_say_what_a_car_can_use(before, share_a, drawn_a, found):
    assert appetite(before, share_a, drawn_a) == found


def test_time_to_spare():
    assert slack(7200, 11_000, 11_000) == HOUR_S
    assert slack(7200, None, 11_000) == 7200
    assert slack(7200, 0, 11_000) == inf


# --- on recorded sessions ---


@pytest.mark.parametrize(
    ("limit_a", "bound", "least"),
    [(replayed.SCARCE_A, 0.521, 0.95), (replayed.TIGHT_A, 0.689, 0.95),
     (replayed.MODERATE_A, 0.727, 0.985)],
)  # fmt: skip
def test_recorded_sessions_get_nearly_what_could_be_given(limit_a, bound, least):
    """`bound` is `bench.sharing.bound`: the linear program that knows the future."""
    outcome = replayed.replay(replayed.visits(), limit_a)

    assert outcome.delivered >= least * bound
    assert outcome.pauses_per_session < 0.5
    assert outcome.over == 0


def test_the_bound_is_what_could_be_given():
    week = [visit for visit in replayed.visits() if visit.ends < 2 * 288]

    assert replayed.bound(week, 1_000) > replayed.bound(week, replayed.TIGHT_A)
    assert replayed.replay(week, 1_000).delivered == pytest.approx(
        replayed.bound(week, 1_000), abs=0.001
    )
