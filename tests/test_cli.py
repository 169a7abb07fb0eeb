"""The verbs at the shell: what they print, what they write, and the exit codes they end with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from winze import cli, example

DAY = "2020-05-11"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("case") / "great-lakes"
    example.write(folder, "great-lakes")
    return folder


@pytest.fixture(scope="module")
def out(case, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    assert cli.outcome(["run", str(case), "--as-of", DAY, "--out", str(folder)]) == cli.DONE
    return folder


def test_a_run_writes_four_files_and_nothing_else(out):
    assert {path.name for path in out.iterdir()} == {"report.html", "risks.xlsx", "problems.csv", "cycle.json"}


def test_a_run_prints_a_summary_of_at_most_ten_lines_and_where_it_wrote(case, tmp_path, capsys):
    assert cli.outcome(["run", str(case), "--as-of", DAY, "--out", str(tmp_path / "o"), "--lang", "fr"]) == cli.DONE
    printed = capsys.readouterr()
    assert 3 <= len(printed.out.strip().splitlines()) <= 11
    assert "report.html" in printed.out
    assert "énoncés" in printed.err


def test_two_runs_give_the_same_bytes(case, out, tmp_path):
    assert cli.outcome(["run", str(case), "--as-of", DAY, "--out", str(tmp_path / "again")]) == cli.DONE
    for path in out.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_cycle_json_keeps_its_contract(out):
    document = json.loads((out / "cycle.json").read_text(encoding="utf-8"))
    assert (document["schema"], document["as_of"]) == ("winze.cycle/1", DAY)
    inputs = {item["id"] for item in document["inputs"]}
    assert document["risks"]
    for risk in document["risks"]:
        assert set(risk) >= {"id", "subject", "annex_ii", "kind", "likelihood", "severity", "evidence_level",
                             "involvement", "rank", "response", "because"}  # fmt: skip
        assert risk["annex_ii"] in "ABCDEF"
        assert set(risk["response"]) == {"action", "deadline", "rule", "missing"}
        for reason in risk["because"]:
            assert set(reason) >= {"rule", "statement", "origin", "contribution"}
            assert reason["origin"] is None or reason["origin"]["input"] in inputs
    ranked = [risk["rank"] for risk in document["risks"] if risk["rank"]]
    assert ranked == list(range(1, len(ranked) + 1))


def test_every_risk_can_be_explained_by_rank_and_by_id(out, capsys):
    document = json.loads((out / "cycle.json").read_text(encoding="utf-8"))
    for lang in ("en", "fr", "es", "zh-hans"):
        assert cli.outcome(["explain", str(out), "1", "--lang", lang]) == cli.DONE
    by_rank = capsys.readouterr().out
    assert cli.outcome(["explain", str(out), document["risks"][0]["id"]]) == cli.DONE
    assert document["risks"][0]["id"] in by_rank


def test_an_unknown_risk_or_folder_is_a_usage_error(out, tmp_path):
    assert cli.outcome(["explain", str(out), "no-such-risk"]) == cli.USAGE
    assert cli.outcome(["explain", str(tmp_path), "1"]) == cli.USAGE


@pytest.mark.parametrize(
    "words",
    [["run"], ["nonsense"], ["run", "x", "--as-of", "soon", "--out", "y"], ["check"], ["check", "nowhere.csv"],
     ["template", "nonsense", "x.csv"], ["run", "nowhere", "--as-of", DAY, "--out", "o"],
     ["rules", "show", "nonsense"]],
)  # fmt: skip
def test_a_wrong_word_is_a_usage_error(words, capsys):
    assert cli.outcome(words) == cli.USAGE
    assert "Traceback" not in capsys.readouterr().err


def test_results_may_not_go_into_their_case(case):
    assert cli.outcome(["run", str(case), "--as-of", DAY, "--out", str(case / "out")]) == cli.REFUSED
    assert not (case / "out").exists()


def test_an_example_never_overwrites(case):
    assert cli.outcome(["example", str(case)]) == cli.REFUSED


def test_check_says_json_as_documented_and_ends_with_one_only_for_errors(tmp_path, capsys):
    (tmp_path / "bad.csv").write_text("", encoding="utf-8")
    assert cli.outcome(["check", str(tmp_path / "bad.csv"), "--json"]) == cli.DATA
    (found,) = json.loads(capsys.readouterr().out)
    assert set(found) == {"file", "sha256", "format", "version", "records", "problems"}
    assert set(found["problems"][0]) == {"code", "severity", "message", "sheet", "row", "cell", "hint"}


def test_check_of_the_example_has_no_error(case, capsys):
    assert cli.outcome(["check", str(case)]) == cli.DONE


def test_a_date_in_the_future_is_a_warning(tmp_path, capsys):
    assert cli.outcome(["template", "closures", str(tmp_path / "c.csv")]) == cli.DONE
    with (tmp_path / "c.csv").open("a", encoding="utf-8", newline="") as file:
        file.write("Example mine,mine,closed,COD,2999-01-01,,,notice\n")
    assert cli.outcome(["check", str(tmp_path / "c.csv")]) == cli.DONE
    assert "2999-01-01" in capsys.readouterr().out


def test_rules_can_be_listed_shown_and_checked(capsys):
    assert cli.outcome(["rules", "list"]) == cli.DONE
    assert "annex-ii/b" in capsys.readouterr().out
    assert cli.outcome(["rules", "show", "annex-ii/b", "--lang", "zh-hans"]) == cli.DONE
    assert "非国家武装团体" in capsys.readouterr().out
    assert cli.outcome(["rules", "check"]) == cli.DONE


def test_formats_names_every_reader(capsys):
    assert cli.outcome(["formats"]) == cli.DONE
    assert "ucdp-ged" in capsys.readouterr().out


def test_a_bug_of_ours_ends_with_four_and_a_trace(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("winze.formats.reading.case_files", lambda folder: 1 / 0)
    assert cli.outcome(["check", str(tmp_path)]) == cli.BUG
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_shell_answers_without_loading_what_it_does_not_need():
    heavy = "{'numpy', 'altair', 'lxml', 'jinja2'}"
    code = f"import sys; from winze import cli; cli.outcome(['--version']); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_check_writes_the_rejected_rows_of_one_file(tmp_path, capsys):
    from winze.formats.rejected import original_of

    path = tmp_path / "sites.csv"
    path.write_text("winze:sites/1\nsite,country,seen-on\nMine A,nowhere,2020\n", encoding="utf-8")
    for name in ("out.xlsx", "out.csv"):
        assert cli.outcome(["check", "--rejected", str(tmp_path / name), str(path)]) == 1
        assert original_of(tmp_path / name).name == "sites.csv"
    assert cli.outcome(["check", "--rejected", str(path), str(path)]) == 2
    assert cli.outcome(["check", "--rejected", str(tmp_path / "no" / "a.xlsx"), str(path)]) == 3
    assert cli.outcome(["check", "--rejected", str(tmp_path / "a.xlsx"), str(path), str(path)]) == 3
