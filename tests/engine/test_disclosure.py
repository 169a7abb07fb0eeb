"""What an audience may see, and above all what it may not."""

from __future__ import annotations

import itertools
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import AREAS, CHAIN, QUOTES, VISITS, made, said, site_id
from winze.engine import reporting
from winze.engine.disclosure import AUDIENCES, SEES, band, suppress, total, view
from winze.engine.problems import Problem, Severity
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import DataClass, Fact, Origin
from winze.engine.risks import Risk

OUTSIDE = ("partner", "public")


def everything(value: Any) -> str:
    """All texts and figures in a value, however deep, as one text."""
    if is_dataclass(value) and not isinstance(value, type):
        return " ".join(everything(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, dict):
        return " ".join(everything(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(everything(part) for part in value)
    return str(value)


def test_an_audience_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no such audience"):
        view(made(), "friends")


def test_each_audience_sees_no_more_than_the_one_inside_it() -> None:
    assert SEES["public"] < SEES["partner"] < SEES["internal"]
    assert all(DataClass.SEALED not in SEES[audience] for audience in AUDIENCES)


def _unnamed(line):
    pair = (line.rapacity, line.desperation)
    return replace(line, rapacity=None, desperation=None), [replace(s, signal=None) for s in pair if s]


@pytest.mark.parametrize("audience", OUTSIDE)
def test_no_site_name_coordinate_or_row_reaches_a_reader_outside(audience: str) -> None:
    cycle = made(names={site_id(0, 0): "Colline Zibahati", site_id(1, 1): "Mupokona-sur-Lac"})
    report = reporting.compile(cycle, audience)
    shown = everything(replace(report, risks=tuple(replace(r, risk=None) for r in report.risks),
                               signals=tuple(replace(s, signal=None) for s in report.signals),
                               pressed=tuple(_unnamed(line) for line in report.pressed)))  # fmt: skip
    assert "Zibahati" not in shown and "Mupokona" not in shown and "mine000" not in shown
    for line in report.risks:
        assert line.place.point is None
        assert all(why.row is None for why in line.whys if why.file == VISITS)
    for site in cycle.register.sites.values():
        assert site.point and f"{site.point.lat:.3f}, {site.point.lon:.3f}" not in shown


def test_the_internal_reader_sees_names_places_and_rows() -> None:
    report = reporting.compile(made(), "internal")
    lines = [line for line in report.risks if line.place.kind == "site"]
    assert all(line.place.name and line.place.point for line in lines)
    assert any(why.row is not None and why.file == VISITS for line in lines for why in line.whys)


def test_a_code_is_the_same_for_every_audience_and_another_for_other_files() -> None:
    cycle = made()
    codes = {view(cycle, audience).place(site_id(0, 0)).code for audience in AUDIENCES}
    other = replace(cycle, inputs=(*cycle.inputs[1:], replace(cycle.inputs[0], sha256="00" * 32)))
    assert len(codes) == 1 and view(other, "partner").place(site_id(0, 0)).code not in codes


def test_codes_tell_sites_apart() -> None:
    cycle = made()
    eyes = view(cycle, "public")
    assert len({eyes.code(id) for id in cycle.register.sites}) == len(cycle.register.sites)


@pytest.mark.parametrize("audience", OUTSIDE)
def test_days_become_months_and_distances_bands_outside(audience: str) -> None:
    cycle = made()
    statement = next(s for s in cycle.statements if s.subject == site_id(0, 0))
    reason = because("reason.visit-yes-near", None, statement, 0.5, day=date(2018, 1, 3), km=6.3)
    why = view(cycle, audience).why(reason)
    assert dict(why.values) == {"day": "2018-01", "km": "5–10"} and why.coarsened and why.contribution == 0.5
    assert dict(view(cycle, "internal").why(reason).values)["day"] == date(2018, 1, 3)


def test_small_counts_of_people_and_visits_in_a_sentence_are_not_shown_outside() -> None:
    reason = because("reason.visits", None, None, day=date(2020, 1, 1), visits=3, reports=0)
    assert dict(view(made(), "partner").why(reason).values) == {"day": date(2020, 1, 1), "visits": "@few", "reports": 0}
    assert dict(view(made(), "internal").why(reason).values)["visits"] == 3


@given(st.floats(min_value=0, max_value=1000))
def test_every_distance_lies_in_its_band(km: float) -> None:
    said_band = band(km)
    if said_band.startswith(">"):
        assert km >= float(said_band[1:])
    else:
        low, high = map(float, said_band.split("–"))
        assert low <= km < high


CLASSES = st.sampled_from([c for c in DataClass if c is not DataClass.PUBLIC])


@settings(max_examples=25, deadline=None)
@given(CLASSES, st.sampled_from(AUDIENCES), st.booleans())
def test_nothing_of_a_hidden_class_appears_anywhere(hidden: DataClass, audience: str, about_a_site: bool) -> None:
    """A statement of each class, cited by a risk and a signal, with marked words in every field it can have."""
    subject = site_id(0, 1) if about_a_site else "area:CD6103"
    fact = Fact("note", None, None, "MARKEDTEXT", None, "MARKEDSOURCE")
    secret = said(subject, fact, date(2020, 4, 1), 777123, "MARKEDFILE.csv", hidden)
    cycle = made(extra=(secret,))
    reason = because("reason.interference", "signal/interference", secret, 1.5, who="MARKEDNAME", day=date(2020, 4, 1))
    signal = Signal("gate-ratio", subject, "raised", "signal/gate-ratio", (reason,), 98765.0, 43210.0, "percent")
    risk = replace(cycle.risks[0], id="x", subject=subject, because=(reason,), in_chain=False, involvement=None)
    open_risk = replace(cycle.risks[1], because=(*cycle.risks[1].because, reason))
    problem = Problem("value_not_number", Severity.WARNING, Origin("MARKEDFILE.csv", "MARKEDSHEET", 3),
                      (("value", "MARKEDVALUE"),))  # fmt: skip
    told = replace(cycle, risks=(risk, open_risk, *cycle.risks[2:]), signals=(*cycle.signals, signal),
                   problems=(*cycle.problems, problem))  # fmt: skip
    report = reporting.compile(told, audience)
    shown = _as_shown(report)
    if hidden in SEES[audience]:
        assert "MARKEDFILE" in shown
        return
    assert not any(mark in shown for mark in ("MARKEDNAME", "MARKEDTEXT", "777123", "98765", "43210", secret.id))
    assert audience == "internal" or "MARKED" not in shown, "not even the file's name"
    assert report.withheld_risks >= 1 and report.withheld_signals >= 1


def _as_shown(report: reporting.Report) -> str:
    """What a writer of the report takes from it: not the raw reasons of risks and signals, which it must not touch."""
    risks = tuple(replace(line, risk=replace(line.risk, because=(), id="", subject="")) for line in report.risks)
    signals = tuple(replace(line, signal=replace(line.signal, because=(), subject="")) for line in report.signals)
    return everything(replace(report, risks=risks, signals=signals))


def test_the_public_never_sees_who_supplies_whom_or_who_is_in_the_chain() -> None:
    cycle = made()
    report = reporting.compile(cycle, "public")
    shown = _as_shown(report)
    for party in cycle.register.parties.values():
        assert party.name not in shown
    assert not any(line.risk.in_chain or line.risk.involvement for line in report.risks)
    assert not any(line.in_chain for line in (*report.signals, *report.areas))
    assert not any(line.place.kind in ("party", "link") for line in (*report.risks, *report.signals))
    assert all(line.risk.rank is not None for line in report.risks), "a watched risk listed would name the chain"
    assert "Mai-Mai Example" not in shown and CHAIN not in shown


def test_a_partner_sees_the_chain_but_no_competitors_prices() -> None:
    report = reporting.compile(made(), "partner")
    shown = _as_shown(report)
    assert "Comptoir Kasongo → Example Smelting" in shown
    assert QUOTES not in shown and "28.26" not in shown
    assert [s.about.kind for s in report.gate_ratios if s.about] == ["country"]
    assert [s.about.kind for s in reporting.compile(made(), "internal").gate_ratios if s.about] == ["area", "country"]


def test_an_accountable_person_is_not_named_to_the_public() -> None:
    cycle = made()
    assert "Amina Example" in everything(reporting.compile(cycle, "partner").step1)
    assert "Amina Example" not in everything(reporting.compile(cycle, "public").step1)


def test_problems_quote_cells_to_the_internal_reader_only() -> None:
    cycle = made()
    assert "Comptoir Kasongo" in everything(view(cycle, "internal").problem(cycle.problems[2]))
    assert "Comptoir Kasongo" not in everything(view(cycle, "partner").problem(cycle.problems[2]))


def test_a_sealed_statement_is_in_no_report() -> None:
    secret = said("area:CD6103", Fact("note", None, None, "SEALEDWORDS", None, None), date(2020, 4, 1), 5, "alerts.csv",
                  DataClass.SEALED)  # fmt: skip
    cycle = made(extra=(secret,))
    eyes = view(cycle, "internal")
    assert not eyes.sees(secret.id)
    assert eyes.why(because("reason.act-unverified", None, secret)).text == "report.reason-withheld"


def test_a_statement_that_is_nowhere_to_be_found_is_not_shown() -> None:
    assert not view(made(), "internal").sees("s0000")


def test_withheld_reasons_keep_their_contribution_so_that_the_sum_stays_exact() -> None:
    cycle = made()
    for risk in cycle.risks:
        before = [r.contribution for r in risk.because]
        assert [view_why.contribution for view_why in map(view(cycle, "public").why, risk.because)] == before


def test_an_area_with_few_sites_is_drawn_to_half_a_degree() -> None:
    cycle = made()
    lone = next(id for id, area in cycle.register.areas.items() if area.name == "Mambasa")
    point = view(cycle, "partner").area_point(lone)
    assert point and point.lat * 2 == round(point.lat * 2) and point.lon * 2 == round(point.lon * 2)
    assert view(cycle, "internal").area_point(lone) == cycle.register.areas[lone].centre


def test_the_public_still_reads_territory_province_and_minerals() -> None:
    place = view(made(), "public").place(site_id(1, 0))
    assert (place.territory, place.province, place.country) == (AREAS[1][1], AREAS[1][2], "COD")
    assert place.minerals == ("coltan",) and place.name is None and place.code


# -- small numbers ---------------------------------------------------------------------------------------------------

COUNTS = st.dictionaries(st.integers(0, 30), st.integers(0, 12), max_size=9)


@given(COUNTS)
def test_no_count_under_five_is_shown_outside(cells: dict[int, int]) -> None:
    shown = suppress(cells, "partner")
    assert shown.keys() == cells.keys()
    assert all(n is None or n == 0 or n >= 5 for n in shown.values())
    assert all(n is None or n == cells[key] for key, n in shown.items())


@given(COUNTS)
def test_the_internal_reader_sees_every_count(cells: dict[int, int]) -> None:
    assert suppress(cells, "internal") == cells and total(cells, "internal") == sum(cells.values())


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.integers(0, 9), st.integers(1, 7), min_size=1, max_size=4))
def test_who_knows_the_total_cannot_work_a_small_count_out(cells: dict[int, int]) -> None:
    """Tries every way to fill the withheld cells up to the total: each small one must take more than one value."""
    shown, whole = suppress(cells, "public"), total(cells, "public")
    hidden = [key for key, n in shown.items() if n is None]
    if whole is None or not hidden:
        return
    rest = whole - sum(n for n in shown.values() if n is not None)
    possible: list[set[int]] = [set() for _ in hidden]
    for guess in itertools.product(range(1, rest + 1), repeat=len(hidden)):
        if sum(guess) == rest and min(guess) < 5:
            for values, n in zip(possible, guess, strict=True):
                values.add(n)
    assert all(len(values) > 1 for key, values in zip(hidden, possible, strict=True) if cells[key] < 5)


def test_a_lone_small_count_takes_the_next_one_with_it() -> None:
    assert suppress({"a": 3, "b": 40, "c": 9}, "partner") == {"a": None, "b": 40, "c": None}


def test_where_nothing_is_left_to_hide_among_the_total_is_withheld_too() -> None:
    assert suppress({"a": 2}, "partner") == {"a": None} and total({"a": 2}, "partner") is None


def test_small_sites_counts_are_hidden_in_the_report() -> None:
    outside, inside = reporting.compile(made(), "partner"), reporting.compile(made(), "internal")
    sites = {line.place.name: line.sites for line in outside.areas}
    assert sites["Mambasa"] is None and list(sites.values()).count(None) >= 2
    assert {line.place.name: line.sites for line in inside.areas}["Mambasa"] == 2


def test_a_risk_keeps_its_other_parts_for_every_audience() -> None:
    cycle = made()
    risk: Risk = cycle.risks[5]
    for audience in AUDIENCES:
        told = view(cycle, audience).risk(risk)
        assert told and (told.likelihood, told.severity, told.rank) == (risk.likelihood, risk.severity, risk.rank)


def test_reasons_without_a_statement_are_for_everyone() -> None:
    reason = Reason("reason.base-rate", (), "likelihood/x", None, None, -1.4)
    assert view(made(), "public").why(reason).contribution == -1.4
