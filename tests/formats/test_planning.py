"""Acts on plans in files, plans in the run, in the report and at the shell; names for the internal reader only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import python_calamine
from lxml import html

from winze import cli, cycle, example
from winze.engine import models, rules
from winze.engine.disclosure import view
from winze.engine.problems import Severity
from winze.engine.records import DataClass, PlanAct
from winze.engine.texts import LANGUAGES, hint, sentence
from winze.formats import case as cases
from winze.formats import cycle_json, planning, report
from winze.formats.reading import read
from winze.formats.templates import TEMPLATES, write_template

RISK = "non-state-armed-interference/site:ipis/codmine90006"
SUPPLIER = "Comptoir Exemple Bukavu"
HEAD = "winze:plans/1\nPlan,Date,Act,Person,Role,Concerns,Figure,Document or remark\n"
FULL = (
    f"P1,2020-05-01,propose,Amina Uwase,owner,{RISK},12000 USD,",
    f"P1,2020-05-01,suspend,Boris Kalala,approver,{SUPPLIER},,",
    f"P1,2020-05-01,ask-reply,Amina Uwase,owner,{SUPPLIER},,",
    "P1,2020-05-02,add-measure,Amina Uwase,owner,annex3/independent-monitoring,0,",
    "P1,2020-05-02,record-baseline,Amina Uwase,owner,annex3/independent-monitoring,,Secret remark of Amina",
    "P1,2020-05-03,consult,Amina Uwase,owner,women's groups; local authorities,3,",
    "P1,2020-05-03,submit,Amina Uwase,owner,,,",
    "P1,2020-05-04,adopt,Boris Kalala,approver,,,",
)
BAD = f"P1,2020-05-05,continue,Boris Kalala,approver,{SUPPLIER},,"
AFTER = "P1,2020-06-30,record-finding,Amina Uwase,owner,,not-found,Report 5"


def acts(folder: Path, *lines: str, name: str = "plans.csv") -> Path:
    path = folder / name
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def a_case(folder: Path, *lines: str) -> Path:
    example.write(folder / "case", "great-lakes")
    (folder / "case" / "actes_plans.csv").unlink()
    if lines:
        acts(folder / "case", *lines)
    return folder / "case"


def run(case: Path, as_of: str = "2020-05-11") -> cycle.Cycle:
    told, day = cases.load(case), date.fromisoformat(as_of)
    return cycle.run(
        told.statements, rules.load(), models.in_force(day), day, inputs=told.inputs, problems=told.problems
    )


def said(path: Path) -> list[PlanAct]:
    return [s.said for s in read(path).statements if isinstance(s.said, PlanAct)]


# -- reading ----------------------------------------------------------------------------------------------------------


def test_acts_are_read_by_what_each_asks(tmp_path: Path) -> None:
    one = said(acts(tmp_path, *FULL, "P1,2020-05-06,pause,Boris,approver,epidemic,2020-06-30,", AFTER))
    by_verb = {act.verb: act for act in one}
    assert by_verb["propose"].about == (RISK,) and by_verb["propose"].amount == Decimal(12000)
    assert by_verb["consult"].about == ("women", "local-authorities") and by_verb["consult"].amount == 3
    assert by_verb["add-measure"].about == ("annex3/independent-monitoring",)
    assert by_verb["pause"].about == ("epidemic",) and by_verb["pause"].until == date(2020, 6, 30)
    assert by_verb["record-finding"].level == "not-found" and by_verb["record-finding"].note == "Report 5"
    assert by_verb["record-baseline"].amount is None


def test_every_act_is_of_the_personal_class_and_knows_its_cell(tmp_path: Path) -> None:
    for statement in read(acts(tmp_path, *FULL)).statements:
        assert statement.data_class is DataClass.PERSONAL
        assert statement.origin.cell == "Act" and statement.origin.row


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("P1,2020-05-01,fly,Amina,owner,,,", "word_unknown"),
        ("P1,2020-05-01,submit,Amina,king,,,", "word_unknown"),
        ("P1,,submit,Amina,owner,,,", "row_without"),
        (",2020-05-01,submit,Amina,owner,,,", "row_without"),
        ("P1,2020-05-01,measure,Amina,owner,annex3/publish-tariffs,many,", "value_not_number"),
        ("P1,2020-05-01,measure,Amina,owner,annex3/publish-tariffs,-3,", "value_not_number"),
        ("P1,2020-05-01,propose,Amina,owner,bribery/site:x,12000 EUR,", "value_not_number"),
        ("P1,2020-05-01,record-finding,Amina,owner,,certain,Report", "word_unknown"),
        ("P1,2020-05-01,consult,Amina,owner,kings,3,", "word_unknown"),
    ],
)
def test_a_bad_cell_is_told_and_the_good_rows_load(tmp_path: Path, line: str, code: str) -> None:
    found = read(acts(tmp_path, line, FULL[0]))
    assert code in [problem.code for problem in found.problems]
    assert FULL[0].split(",")[2] in [act.verb for act in said(tmp_path / "plans.csv")]
    assert all(problem.origin.row == 3 for problem in found.problems)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_words_of_each_language_are_read(tmp_path: Path, language: str, suffix: str) -> None:
    from winze.formats.lines import plan_measures, worded

    rows = [
        {"plan": "P1", "date": date(2020, 5, 1), "act": worded("plan-acts", "add-measure", language), "person": "Amina",
         "role": worded("plan-roles", "owner", language), "figure": "80%",
         "concerns": plan_measures()["annex3/security-agreement"]["title"][language]},
    ]  # fmt: skip
    path = tmp_path / f"own.{suffix}"
    write_template("plans", path, language, rows)
    (act,) = said(path)
    assert (act.verb, act.role, act.about, act.amount) == ("add-measure", "owner", ("annex3/security-agreement",), 80)


def test_the_template_has_eight_columns() -> None:
    assert len(TEMPLATES["plans"].columns) == 8


# -- the run ----------------------------------------------------------------------------------------------------------


def test_a_run_folds_acts_into_plans_and_proposes_one_for_every_other_ranked_risk(tmp_path: Path) -> None:
    done = run(a_case(tmp_path, *FULL))
    first, *proposed = done.plans
    assert (first.key, first.state, first.trade) == ("P1", "adopted", "suspended")
    ranked = [risk.id for risk in done.risks if risk.rank is not None]
    assert [plan.risks[0] for plan in proposed] == [id for id in ranked if id != RISK]
    assert all(plan.key is None and plan.objectives and "missing.signature" in plan.missing for plan in proposed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refused_act_is_a_problem_with_its_place_sentence_and_hint(tmp_path: Path, language: str) -> None:
    done = run(a_case(tmp_path, *FULL, BAD))
    (problem,) = [p for p in done.problems if p.code == "plan_act_refused"]
    assert (problem.severity, problem.origin.input, problem.origin.row, problem.origin.cell) == (
        Severity.ERROR, "plans.csv", 11, "Act",
    )  # fmt: skip
    assert "annex-ii/b" in sentence(problem, language) and hint(problem, language)
    assert "@" not in sentence(problem, language) and "{" not in sentence(problem, language)
    assert done.plans[0].state == "adopted"


def plans_of(done: cycle.Cycle) -> object:
    return json.loads(cycle_json.dump(done))["plans"]


def test_order_of_rows_and_rows_of_later_days_change_no_plan(tmp_path: Path) -> None:
    case = a_case(tmp_path, *FULL, BAD)
    before = run(case)
    acts(case, *reversed(FULL), BAD)
    turned = run(case)
    acts(case, AFTER, *FULL, BAD)
    later = run(case)

    def bare(done: cycle.Cycle) -> object:
        """Plans without the rows they cite, which moved with the lines."""
        text = json.dumps(plans_of(done))
        return json.loads(text, object_hook=lambda o: {k: v for k, v in o.items() if k != "row"})

    assert bare(before) == bare(turned) == bare(later)
    shown = {key for key in json.loads(cycle_json.dump(later)) if key not in ("inputs", "problems", "plans")}
    one, two = json.loads(cycle_json.dump(before)), json.loads(cycle_json.dump(later))
    assert all(one[key] == two[key] for key in shown)


def test_cycle_json_holds_plans_without_names(tmp_path: Path) -> None:
    text = cycle_json.dump(run(a_case(tmp_path, *FULL)))
    plan = json.loads(text)["plans"][0]
    assert "Amina" not in text and "Boris" not in text and "Secret remark" not in text
    assert plan["adopted_on"] == "2020-05-04" and plan["deadline"] == "2020-10-31"
    assert (
        plan["stopped_on"] == "2020-05-01" and plan["heard_by"] == "2020-05-15" and plan["publishable"] == "2020-05-16"
    )
    assert plan["harm"]["people"] == {"low": 1310, "high": None} and plan["harm"]["sites_unknown"] == 1
    assert plan["acts"][0]["act"] == "propose" and plan["acts"][0]["origin"]["row"] == 3
    for proposed in json.loads(text)["plans"][1:]:
        assert set(proposed) == set(plan)
        for objective in proposed["objectives"]:
            assert objective["baseline"]["value"] is not None or objective["baseline"]["because"]["text"]


# -- who sees what ----------------------------------------------------------------------------------------------------


def shown(tmp_path: Path, audience: str, as_of: str, lines: Iterable[str] = FULL, language: str = "en") -> str:
    out = tmp_path / f"{audience}-{as_of}-{language}"
    out.mkdir()
    done = run(a_case(tmp_path / f"c-{audience}-{as_of}-{language}", *lines), as_of)
    report.write(done, out, language, audience)
    tree = html.document_fromstring((out / "report.html").read_text(encoding="utf-8"))
    return "\n".join([str(tree.text_content()), *sheet(out), (out / "problems.csv").read_text(encoding="utf-8")])


def sheet(out: Path) -> list[str]:
    book = python_calamine.CalamineWorkbook.from_path(out / "risks.xlsx")
    return [str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]


@pytest.mark.parametrize("audience", ["partner", "public"])
@pytest.mark.parametrize("as_of", ["2020-05-11", "2020-05-20"])
def test_no_name_or_remark_of_a_person_leaves_the_house(tmp_path: Path, audience: str, as_of: str) -> None:
    told = shown(tmp_path, audience, as_of, [*FULL, BAD])
    for word in ("Amina", "Uwase", "Boris", "Kalala", "Secret remark"):
        assert word not in told
    if audience == "public":
        assert SUPPLIER not in told


def test_the_internal_reader_sees_who_did_what(tmp_path: Path) -> None:
    told = shown(tmp_path, "internal", "2020-05-11")
    assert "Amina Uwase" in told and "Boris Kalala" in told and "Plan P1" in told
    assert "at least 1,310" in told and "about +44%" in told


def test_a_stop_goes_to_partners_only_when_the_party_was_heard_or_had_its_time(tmp_path: Path) -> None:
    assert "Plan P1" not in shown(tmp_path, "partner", "2020-05-15")
    assert "No reply by 15 May 2020" in shown(tmp_path, "partner", "2020-05-16")
    answered = [*FULL, "P1,2020-05-08,record-reply,Its manager,party,,,We have left that hill."]
    early = shown(tmp_path, "partner", "2020-05-10", answered)
    assert "Plan P1" in early and "Reply of 8 May 2020" in early and "left that hill" not in early


def test_small_counts_of_people_asked_are_not_shown_outside(tmp_path: Path) -> None:
    told = shown(tmp_path, "partner", "2020-05-20")
    assert "fewer than 5" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_stands_in_every_language(tmp_path: Path, language: str) -> None:
    from winze.formats.wording import phrase

    told = shown(tmp_path, "internal", "2020-05-11", FULL, language)
    for text in ("report.heading.plans", "plan.possible", "plan.refused", "plan.harm", "plan.measures", "plan.history"):
        assert phrase(text, language) in told, text
    assert "@" not in told.split(phrase("report.heading.plans", language))[1][:4000]


def test_a_view_never_changes_the_plan_itself(tmp_path: Path) -> None:
    done = run(a_case(tmp_path, *FULL), "2020-05-20")
    seen = view(done, "partner").plan(done.plans[0], done.as_of)
    assert seen is not None and seen.state == done.plans[0].state and seen.adoptions == done.plans[0].adoptions
    assert all(step.act.person is None and step.act.note is None for step in seen.steps)
    assert done.plans[0].steps[0].act.person == "Amina Uwase"


# -- the shell --------------------------------------------------------------------------------------------------------


def verb(*words: object) -> int:
    return cli.outcome([str(word) for word in words])


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return a_case(tmp_path)


def record(case: Path, act: str, day: str, person: str, role: str, *more: str) -> int:
    return verb(
        "plan", "record", case, "--plan", "P1", "--day", day, "--act", act, "--person", person, "--role", role, *more
    )


def test_an_act_is_recorded_if_the_rules_permit_it_and_not_written_if_they_do_not(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rank = next(risk.rank for risk in run(case).risks if risk.id == RISK)
    assert record(case, "propose", "2020-05-11", "Amina", "owner", "--concerns", str(rank)) == cli.DONE
    file = case / "plans.csv"
    kept = file.read_bytes()
    assert RISK in kept.decode("utf-8-sig")
    capsys.readouterr()
    assert (
        record(case, "continue", "2020-05-11", "Boris", "approver", "--concerns", SUPPLIER, "--lang", "fr")
        == cli.REFUSED
    )
    assert "annexe II, paragraphes 1 à 4" in capsys.readouterr().err
    assert record(case, "fly", "2020-05-11", "Boris", "approver") == cli.USAGE
    assert record(case, "submit", "2020-05-01", "Amina", "owner") == cli.REFUSED
    assert record(case, "propose", "2020-05-11", "Amina", "owner", "--concerns", RISK) == cli.REFUSED
    assert file.read_bytes() == kept
    assert record(case, "suspend", "2020-05-11", "Boris", "approver", "--concerns", SUPPLIER) == cli.DONE
    assert run(case).plans[0].suspended
    assert not [path for path in case.iterdir() if path.name.startswith(".")]


def test_an_act_that_would_undo_a_later_one_is_refused(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    acts(case, *FULL)
    kept = (case / "plans.csv").read_bytes()
    assert record(case, "withdraw-plan", "2020-04-30", "Amina", "owner") == cli.REFUSED
    assert record(case, "record-finding", "2020-05-01", "Boris Kalala", "owner", "--concerns", "A militia",
                  "--figure", "verified", "--remark", "Report 2") in (cli.DONE, cli.REFUSED)  # fmt: skip
    (case / "plans.csv").write_bytes(kept)
    assert record(case, "return", "2020-05-03", "Boris Kalala", "approver") == cli.REFUSED
    assert "undo the act recorded on 2020-05-04" in capsys.readouterr().err
    assert (case / "plans.csv").read_bytes() == kept


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_row_goes_under_the_headings_the_file_has(case: Path, language: str) -> None:
    write_template("plans", case / "nos plans.csv", language)
    assert (
        record(case, "propose", "2020-05-11", '=Amina, "A"', "owner", "--concerns", RISK, "--figure", "900") == cli.DONE
    )
    assert not (case / "plans.csv").exists()
    (act,) = said(case / "nos plans.csv")
    assert (act.person, act.about, act.amount) == ('=Amina, "A"', (RISK,), 900)


def test_a_file_of_semicolons_keeps_them(case: Path) -> None:
    (case / "plans.csv").write_text(HEAD.replace(",", ";"), encoding="utf-8")
    assert record(case, "propose", "2020-05-11", "Amina", "owner", "--concerns", RISK) == cli.DONE
    assert (case / "plans.csv").read_text(encoding="utf-8-sig").splitlines()[2].count(";") == 7
    assert run(case).plans[0].key == "P1"


def test_the_shell_shows_plans_clocks_what_is_possible_and_the_harm(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acts(case, *FULL)
    assert verb("plan", "mitigation", case, "--as-of", "2020-05-11", "--risk", "P1") == cli.DONE
    out = capsys.readouterr().out
    for text in ("Plan P1 [B]", "trade suspended", "Review of the plan: 31 October 2020", "Possible now",
                 "Not allowed now",
                 "(rule annex-ii/b)", "at least 1,310", "Amina Uwase"):  # fmt: skip
        assert text in out, text
    assert verb("plan", "mitigation", case, "--as-of", "2020-05-11", "--risk", "1", "--lang", "zh-hans") == cli.DONE
    assert "建议的计划，第 1 位" in capsys.readouterr().out
    assert verb("plan", "mitigation", case, "--as-of", "2020-05-11", "--risk", "nothing") == cli.USAGE


def test_the_shell_prints_json_as_cycle_json_has_it(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    acts(case, *FULL)
    assert verb("plan", "mitigation", case, "--as-of", "2020-05-11", "--json") == cli.DONE
    assert json.loads(capsys.readouterr().out) == plans_of(run(case))


def test_bad_acts_end_with_code_one_and_are_named(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    acts(case, *FULL, BAD)
    assert verb("plan", "mitigation", case, "--as-of", "2020-05-11", "--risk", "P1") == cli.DATA
    assert verb("plan", "mitigation", case / "nowhere", "--as-of", "2020-05-11") == cli.USAGE
    assert (
        verb(
            "plan",
            "record",
            case / "nowhere",
            "--plan",
            "P",
            "--day",
            "2020-05-11",
            "--act",
            "submit",
            "--role",
            "owner",
        )
        == cli.USAGE
    )
    capsys.readouterr()


def test_every_line_of_every_plan_reads_in_every_language(tmp_path: Path) -> None:
    done = run(a_case(tmp_path, *FULL), "2021-02-01")
    for language in LANGUAGES:
        for audience in ("internal", "partner", "public"):
            for _, lines in planning.lines(done, language, audience):
                assert all("{" not in line and "None" not in line and "@" not in line for line in lines)


def test_the_example_has_a_plan_adopted_before_the_crisis_that_the_crisis_asks_to_look_at_again(tmp_path: Path) -> None:
    example.write(tmp_path, "great-lakes")
    plan = run(tmp_path).plans[0]
    assert (plan.key, plan.state, plan.trade, plan.letters) == ("P-2020-01", "adopted", "trading", ("D",))
    assert plan.adoptions[0].deadline == date(2020, 8, 18)
    assert plan.rank and len(plan.steps) == 8
