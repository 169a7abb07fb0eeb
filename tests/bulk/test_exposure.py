"""Exposure: what it means, the places where maps go wrong, and that both forms agree."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from real import real
from winze.bulk import exposure as bulk
from winze.bulk.exposure import (
    EARTH_KM,
    Events,
    Places,
    exposure,
    exposure_fast,
    exposure_slow,
    near,
    near_fast,
    near_slow,
)

type Form = Callable[..., Any]

LENGTHS = {"reach_km": 50.0, "distance_km": 20.0, "memory_days": 90.0}
DEGREE = math.radians(1) * EARTH_KM

both = pytest.mark.parametrize("form", [exposure_slow, exposure_fast], ids=["plain", "compiled"])
both_near = pytest.mark.parametrize("form", [near_slow, near_fast], ids=["plain", "compiled"])
several = settings(max_examples=50, deadline=None)


def haversine(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The textbook formula, one pair at a time."""
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(math.radians, place)) for place in (a, b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def by_definition(events: Events, sites: Places, months: Any, reach_km: float, distance_km: float, memory_days: float):
    """The definition of exposure, term by term."""
    answer = np.zeros((len(sites.lat), len(months)))
    for s, site in enumerate(zip(sites.lat, sites.lon, strict=True)):
        for lat, lon, day, weight in zip(*events, strict=True):
            km = haversine(site, (lat, lon))
            for m, end in enumerate(months):
                if km <= reach_km and day <= end:
                    answer[s, m] += weight * math.exp(-km / distance_km) * math.exp(-(end - day) / memory_days)
    return answer


def scattered(seed: int, events: int = 900, sites: int = 300, spread: float = 1.0) -> tuple[Events, Places, Any]:
    """Events and sites around a dozen hot spots of the Great Lakes, over two years of month ends."""
    random = np.random.default_rng(seed)
    spots = np.column_stack([random.uniform(-8, 4, 12), random.uniform(24, 34, 12)])

    def near_spots(count: int) -> tuple[Any, Any]:
        places = spots[random.integers(0, 12, count)] + random.normal(0, spread, (count, 2))
        return places[:, 0], places[:, 1]

    what = Events(*near_spots(events), random.integers(700_000, 700_720, events), random.integers(1, 9, events))
    return what, Places(*near_spots(sites)), np.arange(700_029, 700_720, 30)


edges = st.sampled_from([-180.0, 180.0, 179.9999, -179.9999, 0.0])
poles = st.sampled_from([-90.0, 90.0, 89.9, -89.9, 0.0])
lats = poles | st.floats(-90, 90) | st.floats(-1, 1)
lons = edges | st.floats(-180, 180) | st.floats(-1, 1)


@st.composite
def worlds(draw: Any) -> tuple[Events, Places, list[float]]:
    """A few events and sites anywhere, the poles and the antimeridian above all, and a few month ends."""
    happened = draw(st.lists(st.tuples(lats, lons, st.integers(0, 100), st.floats(0, 10)), max_size=12))
    places = draw(st.lists(st.tuples(lats, lons), max_size=8))
    months = draw(st.lists(st.integers(0, 120).map(float), max_size=5))
    columns = [np.array([row[c] for row in happened], float) for c in range(4)]
    return Events(*columns), Places(np.array([p[0] for p in places]), np.array([p[1] for p in places])), months


@both
@several
@given(
    world=worlds(), reach=st.sampled_from([0.5, 25.0, 300.0, 4000.0, 9999.0]), share=st.sampled_from([0.2, 1.0, 30.0])
)
def test_both_forms_follow_the_definition_anywhere_on_earth(form: Form, world: Any, reach: float, share: float) -> None:
    events, sites, months = world
    kms = [haversine(s, e) for s in zip(*sites, strict=True) for e in zip(events.lat, events.lon, strict=True)]
    assume(all(abs(km - reach) > 1e-6 for km in kms))  # where rounding alone decides
    lengths = {"reach_km": reach, "distance_km": reach * share, "memory_days": 30.0}
    answer = form(events, sites, months, **lengths)
    assert answer.shape == (len(sites.lat), len(months))
    np.testing.assert_allclose(answer, by_definition(events, sites, months, **lengths), rtol=1e-9, atol=1e-300)


@both
def test_both_forms_follow_the_definition_where_it_is_crowded(form: Form) -> None:
    events, sites, months = scattered(1, events=400, sites=40)
    np.testing.assert_allclose(
        form(events, sites, months, **LENGTHS), by_definition(events, sites, months, **LENGTHS), rtol=1e-9
    )


def test_the_two_forms_agree_to_a_billionth() -> None:
    events, sites, months = scattered(2, events=6000, sites=2500)
    plain, compiled = (form(events, sites, months, **LENGTHS) for form in (exposure_slow, exposure_fast))
    assert np.count_nonzero(plain) > 10_000
    np.testing.assert_allclose(compiled, plain, rtol=1e-9, atol=0)


@both
def test_an_event_on_the_spot_fades_by_a_third_of_e_in_a_month_of_a_90_day_memory(form: Form) -> None:
    at_the_site = Events([-1.5], [29.0], [100], [2.0])
    answer = form(at_the_site, Places([-1.5], [29.0]), [99, 100, 130, 190], **LENGTHS)
    np.testing.assert_allclose(answer, [[0, 2, 2 * math.exp(-1 / 3), 2 * math.exp(-1)]], rtol=1e-12)


@both
def test_an_event_a_tenth_of_a_degree_away_counts_for_less(form: Form) -> None:
    answer = form(Events([0.1], [29.0], [5], [1]), Places([0.0], [29.0]), [5], **LENGTHS)
    np.testing.assert_allclose(answer, [[math.exp(-DEGREE / 10 / 20)]], rtol=1e-11)


@both
def test_across_the_antimeridian_fiji_is_one_place(form: Form) -> None:
    sites = Places([-16.8, -16.8, -16.8], [179.9, -179.9, 180.0])
    answer = form(Events([-16.8], [-179.95], [5], [1]), sites, [5], **LENGTHS)
    expected = [math.exp(-haversine((-16.8, -179.95), place) / 20) for place in zip(*sites, strict=True)]
    np.testing.assert_allclose(answer[:, 0], expected, rtol=1e-10)


@both
def test_plus_and_minus_180_degrees_are_the_same_meridian(form: Form) -> None:
    events = Events([10, 10], [180.0, -180.0], [5, 5], [1, 1])
    answer = form(events, Places([10, 10], [-180.0, 180.0]), [5], **LENGTHS)
    np.testing.assert_allclose(answer, [[2], [2]], rtol=1e-12)


@both
@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_at_a_pole_every_longitude_is_equally_near(form: Form, pole: float) -> None:
    ring = np.arange(-180.0, 180.0, 30.0)
    events = Events(np.full(12, math.copysign(89.9, pole)), ring, np.full(12, 5), np.ones(12))
    sites = Places([pole, math.copysign(89.9, pole)], [123.0, 0.0])
    at_pole, beside = form(events, sites, [5], **LENGTHS)[:, 0]
    assert at_pole == pytest.approx(12 * math.exp(-DEGREE / 10 / 20), rel=1e-10)
    across = [math.exp(-haversine((89.9, 0), (89.9, lon)) / 20) for lon in ring]
    assert beside == pytest.approx(sum(across), rel=1e-9)


@both
def test_a_degree_of_longitude_shrinks_towards_the_pole(form: Form) -> None:
    answer = form(
        Events([0, 70], [0.4, 0.4], [5, 5], [1, 1]), Places([0, 70], [0, 0]), [5], **{**LENGTHS, "reach_km": 20.0}
    )
    assert answer[0, 0] == 0, "44 km at the equator"
    assert answer[1, 0] > 0, "15 km at 70 degrees north"


@both
def test_the_order_of_events_changes_no_byte(form: Form) -> None:
    events, sites, months = scattered(3)
    events = Events(*(np.concatenate([column, column[:200]]) for column in events))
    shuffle = np.random.default_rng(0).permutation(len(events.lat))
    shuffled = Events(*(column[shuffle] for column in events))
    assert form(shuffled, sites, months, **LENGTHS).tobytes() == form(events, sites, months, **LENGTHS).tobytes()


@both
def test_the_order_of_sites_orders_the_answer_and_changes_no_figure(form: Form) -> None:
    events, sites, months = scattered(4)
    shuffle = np.random.default_rng(0).permutation(len(sites.lat))
    answer = form(events, sites, months, **LENGTHS)
    shuffled = form(events, Places(*(column[shuffle] for column in sites)), months, **LENGTHS)
    assert shuffled.tobytes() == answer[shuffle].tobytes()


@both
def test_a_site_is_answered_the_same_alone_as_among_others(form: Form) -> None:
    events, sites, months = scattered(5)
    everywhere = form(events, sites, months, **LENGTHS)
    for one in (0, 17, 299):
        alone = form(events, Places(sites.lat[[one]], sites.lon[[one]]), months, **LENGTHS)
        assert alone.tobytes() == everywhere[[one]].tobytes()


@both
def test_an_event_of_a_later_month_changes_no_byte_of_the_earlier_months(form: Form) -> None:
    events, sites, months = scattered(6)
    later = np.asarray(events.day) > months[11]
    until_then = Events(*(column[~later] for column in events))
    whole, part = form(events, sites, months, **LENGTHS), form(until_then, sites, months, **LENGTHS)
    assert later.any()
    assert whole[:, :12].tobytes() == part[:, :12].tobytes()
    assert (whole[:, 12:] >= part[:, 12:]).all()
    assert not np.allclose(whole[:, 12:], part[:, 12:])


@both
def test_months_may_come_in_any_order_and_twice(form: Form) -> None:
    events, sites, months = scattered(7)
    mixed = [months[3], months[0], months[3], months[10]]
    expected = form(events, sites, months, **LENGTHS)[:, [3, 0, 3, 10]]
    np.testing.assert_allclose(form(events, sites, mixed, **LENGTHS), expected, rtol=1e-12)


@both
@several
@given(factor=st.floats(0.01, 100), seed=st.integers(0, 1000))
def test_exposure_is_linear_in_the_weights_and_adds_over_events(form: Form, factor: float, seed: int) -> None:
    events, sites, months = scattered(seed, events=80, sites=20)
    answer = form(events, sites, months, **LENGTHS)
    scaled = form(events._replace(weight=events.weight * factor), sites, months, **LENGTHS)
    np.testing.assert_allclose(scaled, factor * answer, rtol=1e-11)
    halves = [Events(*(column[half] for column in events)) for half in (slice(0, 40), slice(40, None))]
    np.testing.assert_allclose(sum(form(half, sites, months, **LENGTHS) for half in halves), answer, rtol=1e-11)


@both
def test_with_nothing_new_a_month_is_the_last_month_faded(form: Form) -> None:
    events, sites, _ = scattered(8)
    answer = form(events, sites, [700_720, 700_750, 700_781], **LENGTHS)
    np.testing.assert_allclose(answer[:, 1], answer[:, 0] * math.exp(-30 / 90), rtol=1e-12)
    np.testing.assert_allclose(answer[:, 2], answer[:, 0] * math.exp(-61 / 90), rtol=1e-12)


@both
def test_no_events_no_sites_or_no_months_is_an_empty_or_zero_answer(form: Form) -> None:
    nothing, nowhere = Events([], [], [], []), Places([], [])
    one, site = Events([1], [1], [1], [1]), Places([1], [1])
    assert form(nothing, site, [5, 6], **LENGTHS).tolist() == [[0, 0]]
    assert form(one, nowhere, [5, 6], **LENGTHS).shape == (0, 2)
    assert form(one, site, [], **LENGTHS).shape == (1, 0)
    assert form(one, site, [0], **LENGTHS).tolist() == [[0]], "an event after the last month"


@both
@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("unknown", [math.nan, math.inf])
def test_an_event_with_something_unknown_is_refused(form: Form, column: int, unknown: float) -> None:
    values: list[list[float]] = [[1, 2], [1, 2], [1, 2], [1, 2]]
    values[column][1] = unknown
    with pytest.raises(ValueError, match="known, finite numbers"):
        form(Events(*values), Places([1], [1]), [5], **LENGTHS)


@both
@pytest.mark.parametrize(
    ("lat", "lon", "says"),
    [
        ([math.nan], [1], "site latitude"),
        ([1], [math.nan], "site longitude"),
        ([90.5], [1], "outside latitude"),
        ([1], [-181], "outside latitude"),
        ([1, 2], [1], "one latitude and one longitude"),
        ([[1, 2]], [[1, 2]], "a list of"),
    ],
)
def test_a_site_that_is_nowhere_is_refused(form: Form, lat: list[float], lon: list[float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        form(Events([1], [1], [1], [1]), Places(lat, lon), [5], **LENGTHS)


@both
@pytest.mark.parametrize("length", ["reach_km", "distance_km", "memory_days"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_length_that_is_none_is_refused_by_name(form: Form, length: str, value: float) -> None:
    with pytest.raises(ValueError, match=length):
        form(Events([1], [1], [1], [1]), Places([1], [1]), [5], **{**LENGTHS, length: value})


@both
def test_columns_of_unequal_length_and_unknown_months_are_refused(form: Form) -> None:
    with pytest.raises(ValueError, match="one latitude, longitude, day and weight each"):
        form(Events([1, 2], [1, 2], [1], [1]), Places([1], [1]), [5], **LENGTHS)
    with pytest.raises(ValueError, match="months"):
        form(Events([1], [1], [1], [1]), Places([1], [1]), [math.nan], **LENGTHS)


def test_the_number_of_threads_changes_no_byte() -> None:
    events, sites, months = scattered(9, events=4000, sites=3500)
    one, three = (exposure_fast(events, sites, months, **LENGTHS, threads=n) for n in (1, 3))
    assert one.tobytes() == three.tobytes()
    for left, right in zip(
        near_fast(sites, events, 50, threads=1), near_fast(sites, events, 50, threads=3), strict=True
    ):
        assert left.tobytes() == right.tobytes()


def test_how_the_plain_form_cuts_its_work_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    events, sites, months = scattered(10, events=500, sites=60)
    whole = exposure_slow(events, sites, months, **LENGTHS)
    monkeypatch.setattr(bulk, "_PIECE", 7)
    monkeypatch.setattr(bulk, "_BLOCK", 11)
    assert exposure_slow(events, sites, months, **LENGTHS).tobytes() == whole.tobytes()
    assert exposure_fast(events, sites, months, **LENGTHS) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize(("reach", "distance"), [(50, 20), (1, 1000), (10_000, 50), (10_000, 10_000), (300, 0.5)])
def test_the_table_of_fading_with_distance_is_exact_to_a_hundred_billionth(reach: float, distance: float) -> None:
    table, steps = bulk._fading(reach, distance)
    km = np.linspace(0, reach, 20_001)
    at = 2 * np.sin(km / EARTH_KM / 2) * steps
    piece = at.astype(int)
    a, b, c, d = table[piece].T
    part = at - piece
    np.testing.assert_allclose(a + part * (b + part * (c + part * d)), np.exp(-km / distance), rtol=1e-10)


def test_little_more_is_looked_at_than_is_within_reach() -> None:
    events, sites, _ = scattered(11, events=20_000, sites=2000, spread=0.5)
    ground = bulk._Ground.of(sites, events, 50)
    looked_at = sum(int((end - begin).sum()) for _, begin, end in map(ground.spans, ground.blocks()))
    within = len(near(sites, events, 50).km)
    assert within > 100_000
    assert looked_at < 1.7 * within


@both_near
@several
@given(world=worlds(), reach=st.sampled_from([0.5, 300.0, 9999.0]))
def test_near_lists_every_pair_within_reach_by_site_then_event(form: Form, world: Any, reach: float) -> None:
    events, sites, _ = world
    kms = {
        (s, e): haversine(site, place)
        for s, site in enumerate(zip(*sites, strict=True))
        for e, place in enumerate(zip(events.lat, events.lon, strict=True))
    }
    assume(all(abs(km - reach) > 1e-6 for km in kms.values()))
    expected = {pair: km for pair, km in kms.items() if km <= reach}
    found = form(sites, Places(events.lat, events.lon), reach)
    assert list(zip(found.site.tolist(), found.event.tolist(), strict=True)) == sorted(expected)
    np.testing.assert_allclose(found.km, [expected[pair] for pair in sorted(expected)], rtol=1e-9, atol=1e-6)


def test_both_forms_of_near_find_the_same_pairs_to_the_byte() -> None:
    events, sites, _ = scattered(12, events=5000, sites=1500)
    for plain, compiled in zip(near_slow(sites, events, 50), near_fast(sites, events, 50), strict=True):
        assert len(plain) > 10_000
        assert plain.tobytes() == compiled.tobytes()


@both_near
def test_near_of_nothing_is_nothing(form: Form) -> None:
    for sites, events in [(Places([], []), Places([1], [1])), (Places([1], [1]), Places([], []))]:
        assert [len(column) for column in form(sites, events, 50)] == [0, 0, 0]


def test_an_event_at_the_site_is_zero_kilometres_away_however_small_the_reach() -> None:
    assert near(Places([-1.25], [29.5]), Places([-1.25, -1.25001], [29.5, 29.5]), 0.001).km.tolist() == [0.0]


def test_the_compiled_form_is_taken_for_large_jobs_only_and_only_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events, sites, months = scattered(13)
    plain, compiled = (form(events, sites, months, **LENGTHS).tobytes() for form in (exposure_slow, exposure_fast))
    assert plain != compiled, "they differ in the last digits, so that this test can tell them apart"
    assert exposure(events, sites, months, **LENGTHS).tobytes() == plain
    monkeypatch.setattr(bulk, "_LARGE", 1)
    assert exposure(events, sites, months, **LENGTHS).tobytes() == compiled
    monkeypatch.setitem(sys.modules, "numba", None)
    assert exposure(events, sites, months, **LENGTHS).tobytes() == plain


def test_a_small_job_loads_no_compiler() -> None:
    code = (
        "import sys; from winze.bulk.exposure import *; e = Events([1], [1], [1], [1]); s = Places([1], [1]);"
        "exposure(e, s, [5], reach_km=1, distance_km=1, memory_days=1); near(s, e, 1); sys.exit('numba' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_on_real_events_of_south_sudan_both_forms_agree_and_each_place_is_exposed_to_its_own() -> None:
    with real("conflict/ucdp_ged_hdx_SSD.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["year"].startswith("#")]
    days = [date.fromisoformat(row["date_end"][:10]).toordinal() for row in rows]
    lat, lon = ([float(row[name]) for row in rows] for name in ("latitude", "longitude"))
    events, sites = Events(lat, lon, days, np.ones(len(rows))), Places(lat, lon)
    months = [date(year, month, 28).toordinal() for year in range(2011, 2023) for month in range(1, 13)]
    plain, compiled = (form(events, sites, months, **LENGTHS) for form in (exposure_slow, exposure_fast))
    np.testing.assert_allclose(compiled, plain, rtol=1e-9, atol=1e-300)
    assert len(rows) == 941
    pairs = near(sites, events, 50)
    assert (pairs.km[pairs.site == pairs.event] == 0).all()
    assert (plain[:, -1] > 0).all()
