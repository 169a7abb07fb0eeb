"""What due diligence holds on a day."""

from telling import day, fact, supply, visit

from winze.engine.baseline import baseline
from winze.engine.records import in_year
from winze.engine.register import build

TOLD = [
    visit("seen", "2020-01-10", state_status="green", scheme="iTSCi", scheme_state="active", workers=100),
    visit("old", "2018-01-10", state_status="red"),
    visit("word", "2020-01-10", manner="third-party"),
    visit("turned", "2020-02-10", manner="not-reached", not_reached_for="insecurity"),
    supply("Coop", "Me", origin="seen", mine="buyer"),
]


def of(told, as_of="2020-05-11"):
    return baseline(told, build([s for s in told if s.known(day(as_of))]), day(as_of))


def test_sites_are_counted_by_who_saw_them_when_and_how():
    found = of(TOLD)
    assert (found.sites, found.seen, found.never_reached) == (4, 1, 2)
    assert found.by_evidence == {"not-reached": 1, "on-site": 2, "third-party": 1}
    assert found.by_status == {"green": 1, "red": 1, "unknown": 2}
    assert found.by_scheme == {"active": 1}
    assert (found.in_chain, found.in_chain_seen, found.newest_visit) == (1, 1, day("2020-01-10"))


def test_unknown_workers_are_counted_as_unknown_sites():
    assert (of(TOLD).workers, of(TOLD).workers_unknown) == (100, 3)


def test_a_visit_twelve_months_old_is_no_longer_seen():
    assert of(TOLD, "2021-01-09").seen == 1 and of(TOLD, "2021-01-10").seen == 0


def test_lots_traced_cannot_be_counted_without_custody_records():
    assert of(TOLD).lots_traced is None and "missing.custody" in of(TOLD).missing


def test_incidents_closed_are_unknown_until_a_source_counts_them():
    assert of(TOLD).incidents_closed is None and "missing.incidents-closed" in of(TOLD).missing
    told = [*TOLD, fact("area:Djugu", "incidents-closed", "12", in_year(2019), "count")]
    assert of(told).incidents_closed == 12 and "missing.incidents-closed" not in of(told).missing


def test_two_sources_figures_stand_side_by_side_and_are_not_summed():
    told = [
        *TOLD,
        *(
            fact("world:all", "incidents-closed", v, in_year(2019), "count", source=s)
            for v, s in (("3", "a"), ("5", "b"))
        ),
    ]
    found = of(told)
    assert found.incidents_closed is None and [h.value for h in found.stated] == [3, 5]


def test_the_newest_figure_of_a_source_stands():
    told = [
        fact("world:all", "tonnes-traced", v, in_year(y), "tonne", "tin") for v, y in (("900", 2018), ("1200", 2019))
    ]
    assert [h.value for h in of(told).stated] == [1200]


def test_an_empty_case_holds_nothing_and_says_so():
    found = of([])
    assert (found.sites, found.seen, found.by_status, found.newest_visit) == (0, 0, {}, None)
