"""The walk as a whole: pure, repeatable as of any day, blind to what came later."""

import csv
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from real import real
from winze import cycle, example
from winze.engine import rules
from winze.engine.likelihood import Model
from winze.formats import case as cases
from winze.formats import cycle_json
from winze.formats.reading import read
from winze.formats.templates import write_template

DAY = date(2020, 5, 11)


@pytest.fixture(scope="module", params=["great-lakes", "andes"])
def told(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("case") / request.param
    example.write(folder, request.param)
    return cases.load(folder)


def run(told, as_of=DAY, statements=None):
    return cycle.run(
        told.statements if statements is None else statements, rules.load(), {}, as_of,
        inputs=told.inputs, problems=told.problems,
    )  # fmt: skip


def results(done):
    document = json.loads(cycle_json.dump(done))
    return {key: value for key, value in document.items() if key not in ("inputs", "problems")}


def test_any_order_of_statements_gives_the_same_bytes(told):
    assert cycle_json.dump(run(told)) == cycle_json.dump(run(told, statements=tuple(reversed(told.statements))))


def test_what_became_known_later_changes_nothing_but_inputs_and_problems(told):
    early = date(2020, 3, 31)
    before = tuple(s for s in told.statements if s.known(early))
    assert len(before) < len(told.statements)
    assert results(run(told, early)) == results(run(told, early, before))


def test_each_statement_counts_once_however_often_it_is_told(told):
    assert results(run(told)) == results(run(told, statements=told.statements * 2))


def test_every_citation_leads_to_a_statement_that_was_known(told):
    done = run(told)
    known = {s.id: s for s in done.statements}
    for item in (*done.risks, *done.signals):
        for reason in item.because:
            assert reason.statement is None or known[reason.statement].origin == reason.origin
            assert reason.rule is None or rules.load().rule(reason.rule)


def test_every_risk_names_at_least_one_reason_and_ranked_ones_a_statement(told):
    done = run(told)
    assert any(risk.rank for risk in done.risks)
    for risk in done.risks:
        assert risk.because
        if risk.evidence_level:
            assert any(reason.statement for reason in risk.because)


def test_learnt_weights_can_be_given_for_a_target(told):
    kind = "non-state-armed-interference"
    weights = Model.expert(f"likelihood/{kind}", rules.load(), DAY)
    certain = {kind: replace(weights, base=9.0, trained_to=date(2018, 12, 31))}
    done = cycle.run(told.statements, rules.load(), certain, DAY)
    figures = [risk.likelihood.p for risk in done.risks if risk.kind == kind and risk.likelihood.p is not None]
    assert figures and min(figures) > 0.9
    assert {risk.likelihood.basis for risk in done.risks if risk.kind == kind} == {"learnt"}
    elsewhere = cycle.run(told.statements, rules.load(), {kind: replace(certain[kind], countries=("ATA",))}, DAY)
    assert {risk.likelihood.basis for risk in elsewhere.risks if risk.kind == kind} == {"expert"}


def test_an_earlier_day_can_be_run_again(told):
    assert run(told, date(2019, 6, 1)).as_of == date(2019, 6, 1)


def test_judgements_in_a_folder_link_its_sites_and_without_them_all_is_as_before(told, tmp_path):
    plain = run(told)
    one, other = sorted(plain.register.sites)[:2]
    pair = {"kind-of": "site", "left": one, "right": other, "person": "Furaha"}
    rows = [
        {**pair, "verdict": "same", "grounds": "one shaft", "date": date(2020, 5, 1)},
        {**pair, "verdict": "withdrawn", "grounds": "two shafts", "date": date(2020, 5, 9)},
    ]
    write_template("judgements", tmp_path / "judgements.csv", "fr", rows)
    judged = read(tmp_path / "judgements.csv").statements
    assert len(judged) == 2
    joined = run(told, date(2020, 5, 8), (*told.statements, *judged))
    assert len(joined.register.sites) == len(run(told, date(2020, 5, 8)).register.sites) - 1
    assert [site.also for site in joined.register.sites.values() if site.also] in ([(one,)], [(other,)])
    before, after = results(plain), results(run(told, statements=(*told.statements, *judged)))
    assert before == after
    assert "Furaha" not in cycle_json.dump(joined) and "one shaft" not in cycle_json.dump(joined)


@pytest.fixture(scope="module")
def lakes():
    real("cases/great-lakes-2020")
    return cases.load(real("cases/great-lakes-2020"))


def test_the_real_case_is_read_whole(lakes):
    assert [item.format is not None for item in lakes.inputs] == [True] * 7
    done = run(lakes)
    assert len(done.register.sites) > 2600
    assert any(risk.rank for risk in done.risks)
    late = {item.name for item in done.inputs if item.later_slice}
    assert late >= {"acled_hdx_drc_adm2_month_1997_2020.csv", "un_consolidated_2020.xml"}
    origins = {item.id for item in done.inputs}
    assert all(r.origin is None or r.origin.input in origins for risk in done.risks for r in risk.because)


def test_thirty_eight_of_forty_one_territories_join_their_code_by_name(lakes):
    done = run(lakes)
    assert done.register.unjoined == (("Kampene", 1), ("Mungamba", 1), ("Walungu et Kabare", 1))
    # 38 of the 41 spellings, which are 37 territories: one is also written with a space at its end.
    assert sum(1 for area in done.register.areas.values() if area.sites and area.code) == 37


def test_rows_dated_after_the_day_appended_to_real_files_change_nothing(lakes, tmp_path):
    folder = tmp_path / "case"
    shutil.copytree(real("cases/great-lakes-2020"), folder)
    for path in folder.iterdir():
        path.chmod(0o644)
    _append(folder / "ipis_drc_visits_2009_2018.csv", {"visit_date": "2020-06-15", "vid": "99999", "interference": "1"})
    _append(folder / "acled_hdx_drc_adm2_month_1997_2020.csv", {"Month": "December", "Year": "2021", "Events": "500"})
    _append(folder / "OxCGRT_latest_2020-05.csv", {"Date": "20200601"})
    _append(folder / "owid-covid-data_2020-05.csv", {"date": "2020-07-01", "total_cases": "999999"})
    assert results(run(cases.load(folder))) == results(run(lakes))


def _append(path: Path, changes: dict[str, str]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(rows[0])).writerow(rows[-1] | changes)


def test_an_empty_case_gives_an_honest_empty_answer(tmp_path):
    done = run(cases.load(tmp_path))
    assert (done.risks, done.register.sites) == ((), {})
    assert not [signal for signal in done.signals if signal.state == "clear"]
