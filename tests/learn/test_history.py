"""What was known before each visit: beside slow obvious twins, and blind to what came later."""

import math
import random
from datetime import date, timedelta

import numpy as np
import pytest
from episodes import COUNTS, FIRST, MOVED, ROWS, SAYING, told_of, whole_months
from hypothesis import given, settings
from hypothesis import strategies as st

from making import count, stated, visit
from winze.engine import likelihood
from winze.engine.likelihood import SPEAKING
from winze.engine.records import ConflictCount, Visit, in_month, in_order, in_year
from winze.learn import fitting, history
from winze.learn.history import QUESTIONS, _year_before, tell

SCALES = [(2.0, 6000.0), (5.0, 30.0), (50.0, 365.0)]
FORCES = sorted(QUESTIONS.values())
TOLD = st.lists(st.one_of(MOVED, MOVED, COUNTS), min_size=1, max_size=14)
several = settings(max_examples=60, deadline=None)


def haversine(a, b):
    """The textbook formula, one pair at a time."""
    (lat_a, lon_a), (lat_b, lon_b) = ((math.radians(p.lat), math.radians(p.lon)) for p in (a, b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371.0088 * math.asin(min(1.0, math.sqrt(h)))


def visits_in(told):
    return [s for s in in_order(told) if isinstance(s.said, Visit)]


def heard(told, force):
    """One statement a site and day: the kind that outranks, then the least identity."""
    rank = ["seen-yes", "told-yes", "seen-no", "armed-no", "other", "told-no", "armed", "turned-back", "unarmed",
            "third-party"]  # fmt: skip
    best = {}
    for s in visits_in(told):
        kind = likelihood.speaking(s.said, force)
        if kind is not None:
            key, order = (s.subject, s.speaks_of.known_on), (rank.index(kind), s.id)
            if key not in best or order < best[key][0]:
                best[key] = (order, s, kind)
    return [(s, kind) for _, s, kind in best.values()]


def decayed(this, other, km, days, lead):
    """How much one statement is heard at a visit: nothing unless it is dated strictly, and by the lead, before it."""
    age = (this.speaks_of.known_on - other.speaks_of.known_on).days
    if age < 1 or age < lead:
        return 0.0
    far = 0.0 if this.subject == other.subject else haversine(this.said.point, other.said.point)
    return math.exp(-far / km - age / days)


@several
@given(TOLD, st.sampled_from(FORCES), st.sampled_from([0, 1, 30, 365]))
def test_what_was_known_before_a_visit_is_what_the_docstring_says_one_statement_at_a_time(told, force, lead):
    told = [*told, *whole_months()]
    found = tell(told)
    visited = found.visits(force)
    known = found.known_before(visited, force, SCALES, lead)
    for i, this in enumerate(visited.statements):
        wanted = np.zeros((len(SCALES), len(SPEAKING)))
        for other, kind in heard(told, force):
            for n, (km, days) in enumerate(SCALES):
                wanted[n, SPEAKING.index(kind)] += decayed(this, other, km, days, lead)
        assert known.sums[i] == pytest.approx(wanted, abs=1e-9)


@several
@given(TOLD, st.sampled_from(FORCES), st.sampled_from([0, 30]))
def test_shares_of_a_plain_kernel_are_those_added_up_one_answer_at_a_time(told, force, lead):
    found = tell(told)
    visited, ask = found.visits(force), likelihood.found_by(force)
    shares = found.shares(visited, force, [(5.0, 365.0), (20.0, 3000.0)], lead)
    for (km, days), share in shares.items():
        for i, this in enumerate(visited.statements):
            yes = every = 0.0
            for other in visits_in(told):
                if other.said.interference is not None and ask(other.said) is not None:
                    k = decayed(this, other, km, days, lead)
                    yes, every = yes + k * ask(other.said), every + k
            assert share[i] == pytest.approx([yes, every], abs=1e-9)


@several
@given(TOLD, st.sampled_from(FORCES))
def test_the_visits_are_those_that_answer_oldest_first(told, force):
    visited, ask = tell(told).visits(force), likelihood.found_by(force)
    wanted = {s.id: float(ask(s.said)) for s in visits_in(told)
              if s.said.interference is not None and ask(s.said) is not None}  # fmt: skip
    assert dict(zip([s.id for s in visited.statements], visited.answer, strict=True)) == wanted
    assert len(visited.statements) == len(wanted)
    assert (np.diff(visited.day) >= 0).all()
    assert [s.speaks_of.known_on.toordinal() for s in visited.statements] == visited.day.tolist()


def test_a_row_that_contradicts_itself_answers_as_the_source_gave_it_and_is_heard_by_nobody():
    torn = visit("m1", date(2015, 1, 1), armed_presence=False, interference=True, contradictory=True)
    later = told_of("m1", 1500, "quiet")
    found = tell([torn, later])
    visited = found.visits("armed")
    assert visited.answer.tolist() == [1, 0]
    assert not found.known_before(visited, "armed", SCALES, 0).sums.any()
    assert len(found.visits("non-state").day) == 1


# -- no leakage ------------------------------------------------------------------------------------------------------


def known_of(told, force, lead):
    """By visit: what was known before it, the conflict before it, and its likelihood."""
    how = fitting.recipe()
    found = tell(told)
    visited = found.visits(force)
    known = found.known_before(visited, force, how.kernel, lead)
    odds = fitting.score(fitting._start(how, "any"), known)
    return {
        s.id: (visited.day[i], known.sums[i].ravel(), known.conflict[i], odds[i])
        for i, s in enumerate(visited.statements)
    }


@several
@given(
    TOLD, st.lists(st.one_of(MOVED, COUNTS), min_size=1, max_size=8), st.integers(0, 1200), st.sampled_from(FORCES),
    st.sampled_from([0, 30]),
)  # fmt: skip
def test_nothing_dated_on_the_day_of_a_visit_or_later_changes_what_was_known_before_it(told, more, cut, force, lead):
    first = FIRST + timedelta(days=cut)
    told = [*told, *whole_months(years=2)]
    later = [s for s in more if s.speaks_of.known_on >= first]
    before, after = known_of(told, force, lead), known_of([*told, *later], force, lead)
    assert set(before) <= set(after)
    for id, (day, *was) in before.items():
        if day - max(lead, 1) < first.toordinal():
            for one, other in zip(was, after[id][1:], strict=True):
                assert other == pytest.approx(one, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("lead", [0, 1, 30])
def test_a_finding_is_known_from_the_day_the_lead_allows_and_not_a_day_sooner(lead):
    for age, heard_of in ((max(lead, 1) - 1, False), (max(lead, 1), True)):
        told = [told_of("m1", 500, "quiet"), told_of("m2", 500 - age, "group")]
        found = tell(told)
        visited = found.visits("armed")
        row = [s.subject for s in visited.statements].index("site:ipis/m1")
        assert found.known_before(visited, "armed", SCALES, lead).sums[row].any() == heard_of


def test_the_place_a_later_visit_gives_is_not_known_before_it():
    placeless = told_of("m2", 100, "group", point=None)
    told = [told_of("m1", 500, "quiet"), placeless]
    later = told_of("m2", 900, "group")
    assert known_of(told, "armed", 0)[told[0].id][1].tolist() == (
        known_of([*told, later], "armed", 0)[told[0].id][1].tolist()
    )


def widest(months, events):
    """The same months counted again, by the type that speaks first."""
    said = ConflictCount("acled", "political-violence", "COD", "Sud-Kivu", "Kalehe", events, 0)
    return [stated("area:CD1", said, month.speaks_of) for month in months]


def test_a_type_of_count_that_begins_later_does_not_hide_the_counts_there_were():
    told = [told_of("m1", 1000, "quiet"), *whole_months(years=4)]
    later = widest(whole_months(first=2015, years=1), 9)
    before, after = (known_of(rows, "armed", 0)[told[0].id][2] for rows in (told, [*told, *later]))
    assert not math.isnan(before) and before == after


def test_of_overlapping_types_the_widest_that_has_its_year_speaks_alone():
    this, counted = told_of("m1", 1000, "quiet"), whole_months(years=4)
    found = known_of([this, *counted, *widest(counted, 2)], "armed", 0)
    assert found[this.id][2] == pytest.approx(math.log1p(24))


# -- order and repetition --------------------------------------------------------------------------------------------


@several
@given(st.lists(st.one_of(ROWS, COUNTS), min_size=1, max_size=14), st.randoms(), st.sampled_from(FORCES))
def test_order_and_repetition_of_rows_change_nothing(told, chance, force):
    told = [*told, *whole_months(years=2)]
    again = told + [s for s in told if chance.random() < 0.5]
    chance.shuffle(again)
    one, other = tell(told), tell(again)
    visited, twin = one.visits(force), other.visits(force)
    assert [s.id for s in visited.statements] == [s.id for s in twin.statements]
    known, same = (h.known_before(v, force, SCALES, 0) for h, v in ((one, visited), (other, twin)))
    assert (known.sums == same.sums).all()
    assert np.array_equal(known.conflict, same.conflict, equal_nan=True)
    kernel = [(5.0, 365.0)]
    assert (one.shares(visited, force, kernel, 0)[5.0, 365.0] == other.shares(twin, force, kernel, 0)[5.0, 365.0]).all()


@pytest.mark.parametrize("month", range(1, 9))
def test_a_month_told_twice_counts_by_its_newest_word_in_any_order(month):
    whole = whole_months(years=4)
    at = next(n for n, s in enumerate(whole) if s.speaks_of.start == date(2014, month, 1))
    corrected = stated(
        whole[at].subject, ConflictCount("acled", "all", "COD", "Sud-Kivu", "Kalehe", 500, 0), whole[at].speaks_of,
        published_on=date(2014, 9, 9),
    )  # fmt: skip
    this = told_of("m1", 1000, "quiet")
    told = [this, *whole, corrected]
    found = {known_of(rows, "armed", 0)[this.id][2] for rows in (told, told[::-1], random.Random(1).sample(told, 50))}
    assert len(found) == 1 and found.pop() > math.log(500)


# -- days ------------------------------------------------------------------------------------------------------------


def test_a_visit_known_only_by_its_year_speaks_of_the_last_of_december():
    of_the_year = told_of("m1", 100, "group", "year")
    assert of_the_year.speaks_of == in_year(2012)
    in_december, new_year = (
        visit("m2", day, lat=-2.01, lon=28.51, row=9) for day in (date(2012, 12, 31), date(2013, 1, 1))
    )
    found = tell([of_the_year, in_december, new_year])
    visited = found.visits("armed")
    sums = found.known_before(visited, "armed", SCALES, 0).sums[:, :, SPEAKING.index("seen-yes")]
    told_before = {s.id: sums[i].any() for i, s in enumerate(visited.statements)}
    assert told_before == {of_the_year.id: False, in_december.id: False, new_year.id: True}


def test_a_month_of_conflict_counts_from_its_last_day():
    whole = [count("CD1", "Kalehe", 2013, n + 1, 100 if n == 11 else 1) for n in range(12)]
    before, on_it, after = (visit("m1", day) for day in (date(2013, 12, 30), date(2013, 12, 31), date(2014, 1, 1)))
    known = known_of([*whole, before, on_it, after], "armed", 0)
    assert [math.isnan(known[s.id][2]) for s in (before, on_it, after)] == [True, True, False]
    assert known[after.id][2] == pytest.approx(math.log1p(111))
    assert math.isnan(known_of([*whole, after], "armed", 30)[after.id][2])


SERIES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=0, max_size=40, unique_by=lambda m: m[0])


@settings(max_examples=200, deadline=None)
@given(SERIES, st.integers(0, 1400))
def test_the_year_before_is_the_sum_of_its_months_or_unknown(series, after):
    """The slow twin: the twelve newest months that are over, if they lie within thirteen months of the day."""
    months = {in_month(2012 + m // 12, m % 12 + 1).known_on.toordinal(): events for m, events in series}
    day = FIRST.toordinal() + after
    over = sorted((end for end in months if end <= day), reverse=True)[:12]
    ends = np.array(sorted(months), float)
    found = _year_before(ends, np.array([months[e] for e in sorted(months)], float), day)
    if len(over) < 12 or day - over[-1] > 396:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(math.log1p(sum(months[end] for end in over)))


@pytest.mark.parametrize("gone", [1, 2])
def test_an_unknown_month_gives_unknown_and_never_nothing_happened(gone):
    """One month may be missing of thirteen; of two the year is not known."""
    months = [count("CD1", "Kalehe", 2012 + n // 12, n % 12 + 1, None if 20 <= n < 20 + gone else 4) for n in range(24)]
    conflict = known_of([*months, visit("m1", date(2014, 1, 5))], "armed", 0).popitem()[1][2]
    assert math.isnan(conflict) if gone == 2 else conflict == pytest.approx(math.log1p(48))
    elsewhere = known_of([*months, visit("m1", date(2014, 1, 5), territory="Fizi")], "armed", 0).popitem()[1][2]
    assert math.isnan(elsewhere)


@several
@given(st.lists(COUNTS, max_size=40), st.integers(365, 1500))
def test_the_conflict_before_a_visit_is_the_one_a_run_counts_on_the_day_before(counts, days):
    this = told_of("m1", days, "quiet")
    counted = [*counts, *whole_months(first=2012, years=1)]
    day = this.speaks_of.start - timedelta(days=1)
    year = likelihood.events_in_year([s for s in counted if s.known(day)], day)
    (found,) = (row[2] for row in known_of([this, *counted], "armed", 0).values())
    if year:
        assert found == pytest.approx(math.log1p(year["area:CD1"][0]))
    else:
        assert math.isnan(found)


def test_every_way_of_speaking_is_heard_in_these_tests():
    said = {likelihood.speaking(told_of("m1", 1, name).said, force) for name in SAYING for force in FORCES}
    assert said == {None, *SPEAKING}
    assert set(history.QUESTIONS) == {"armed_interference", "non_state_interference", "state_interference"}
