"""A declared list: pages by key hold every row once and in order, filters narrow, and nobody gets a column unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winze.engine.records import DataClass
from winze.workbench import lists
from winze.workbench.access import Actor
from winze.workbench.models import CycleRun, RiskRow
from winze.workbench.store import cycles
from winze.workbench.table import Scope
from winze.workbench.tables.risks import RISKS

pytestmark = [pytest.mark.django_db, pytest.mark.store]
AMONG = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def run(actor: Callable[[str], Actor]) -> CycleRun:
    """A run of its own, without rows."""
    newest = cycles.newest(actor("analyst").organisation)
    assert newest is not None
    newest.pk = None
    newest.save(force_insert=True)
    return newest


def _row(run: CycleRun, position: int, p: float | None, due: date | None, territory: str) -> RiskRow:
    return RiskRow(
        run=run, audience="internal", position=position, rank=position, risk=f"r{position}", letter="B", kind="k",
        subject="site:x", place={}, territory=territory, in_chain=False, p=p, low=p, high=p, basis="none",
        statements=0, action="assess", due=due,
    )  # fmt: skip


def _walked(actor: Actor, asked: dict[str, str], size: int) -> tuple[list[int], int]:
    """The positions of all pages one after the other, and the count each page gave."""
    scope, found, after = Scope(actor, {"state": "all", **asked}), [], None
    while True:
        choice = lists.choose(RISKS, scope, {"state": "all", **asked, **({"after": after} if after else {})})
        page = lists.page(RISKS, scope, choice, size)
        found += [row.position for row in page.rows]
        after = page.next
        if after is None:
            return found, page.count
        assert len(page.rows) == size


@AMONG
@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]),
            st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 4)),
            st.sampled_from(["", "Walikale", "Shabunda"]),
        ),
        max_size=23,
    ),
    order=st.sampled_from(["position", "due", "likelihood", "territory"]),
    turned=st.booleans(),
    size=st.integers(1, 6),
)
def test_pages_by_key_are_the_sorted_whole(
    run: CycleRun, actor: Callable[[str], Actor], rows: list[Any], order: str, turned: bool, size: int
) -> None:
    """Against the obvious twin: sort everything in Python, unknown last, and cut it."""
    RiskRow.objects.filter(run=run).delete()
    made = [_row(run, n, *values) for n, values in enumerate(rows, start=1)]
    RiskRow.objects.bulk_create(made)
    run.state = "done"
    fields = next(one.fields for one in RISKS.orders if one.key == order)
    expected = list(made)
    for name in reversed(fields):
        known = [row for row in expected if getattr(row, name) is not None]
        unknown = [row for row in expected if getattr(row, name) is None]
        known.sort(key=lambda row: getattr(row, name), reverse=turned)
        expected = known + unknown
    found, _ = _walked(actor("analyst"), {"run": str(run.pk), "order": f"-{order}" if turned else order}, size)
    assert found == [row.position for row in expected]


def test_a_filter_narrows_pages_and_count_alike(run: CycleRun, actor: Callable[[str], Actor]) -> None:
    RiskRow.objects.bulk_create(_row(run, n, None, None, "Walikale" if n % 3 else "Fizi") for n in range(1, 31))
    found, count = _walked(actor("analyst"), {"run": str(run.pk), "territory": "fiz"}, 4)
    assert found == [3, 6, 9, 12, 15, 18, 21, 24, 27, 30]
    assert count == 10


@pytest.mark.parametrize(
    "asked",
    [{"nonsense": "1"}, {"order": "nonsense"}, {"after": "!!"}, {"after": "W10"}, {"state": "maybe"}, {"due": "soon"}],
)
def test_what_a_list_does_not_have_is_said(actor: Callable[[str], Actor], asked: dict[str, str]) -> None:
    scope = Scope(actor("analyst"), asked)
    with pytest.raises(lists.BadAddress):
        lists.page(RISKS, scope, lists.choose(RISKS, scope, asked))


def test_a_kept_count_is_kept_only_for_a_list_that_no_longer_changes(
    run: CycleRun, actor: Callable[[str], Actor]
) -> None:
    asked = {"run": str(run.pk), "state": "all"}
    scope = Scope(actor("analyst"), asked)
    choice = lists.choose(RISKS, scope, asked)
    assert lists.count(RISKS, scope, choice) == 0
    RiskRow.objects.bulk_create([_row(run, 1, None, None, "")])
    assert lists.count(RISKS, scope, choice) == 0  # a run's rows never change once it is done
    changing = replace(RISKS, immutable=lambda scope: None)
    assert lists.count(changing, scope, choice) == 1


@pytest.mark.parametrize("who", ["viewer", "funder", "government", "custodian", "administrator"])
def test_columns_of_a_class_somebody_does_not_see_are_not_there(actor: Callable[[str], Actor], who: str) -> None:
    seen = {column.key for column in RISKS.seen(Scope(actor(who)))}
    assert "chain" not in seen
    assert "letter" in seen


def test_an_audience_never_gets_more_than_it_may_see(actor: Callable[[str], Actor]) -> None:
    everything = RISKS.seen(Scope(actor("analyst")))
    passed_on = RISKS.seen(Scope(actor("analyst"), {}, "partner"))
    assert {column.key for column in everything} - {column.key for column in passed_on} == {"chain"}
    assert all(column.data_class in (DataClass.PUBLIC, DataClass.PARTNER) for column in passed_on)


def test_rows_of_partner_eyes_name_no_site(actor: Callable[[str], Actor]) -> None:
    """The example's site names are nowhere in what a viewer's list holds."""
    from winze.workbench.models import SitePlace

    names = set(SitePlace.objects.values_list("name", flat=True))
    scope = Scope(actor("viewer"), {"state": "all"})
    rows = list(lists.everything(RISKS, scope, lists.choose(RISKS, scope, {"state": "all"})))
    assert rows
    assert not names & {row.named for row in rows}
    assert all(not row.subject and not row.risk for row in rows)


def test_another_organisation_has_no_rows(actor: Callable[[str], Actor]) -> None:
    scope = Scope(actor("stranger"), {"state": "all"})
    assert list(lists.everything(RISKS, scope, lists.choose(RISKS, scope, {"state": "all"}))) == []
