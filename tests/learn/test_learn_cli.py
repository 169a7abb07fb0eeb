"""`winze backtest` and `winze train` at the shell: what they print and write, and the codes they end with."""

import json
import random
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from episodes import episodes, write_visits

from winze import cli, example
from winze.engine import models
from winze.learn import training
from winze.learn.fitting import recipe

PERIOD = ["--from", "2016-01-01", "--to", "2017-12-31"]
TO = "2017-12-31"


@pytest.fixture(scope="module")
def visits(tmp_path_factory) -> Path:
    return write_visits(tmp_path_factory.mktemp("visits") / "visits.csv", episodes())


@pytest.fixture(scope="module")
def trained(visits, tmp_path_factory) -> Path:
    """The file `winze train` wrote."""
    folder = tmp_path_factory.mktemp("trained") / "new"
    assert cli.outcome(["train", str(visits), "--to", TO, "--out", str(folder)]) == cli.DONE
    (path,) = folder.iterdir()
    return path


def test_a_backtest_prints_one_json_object(visits, capsys):
    assert cli.outcome(["backtest", str(visits), *PERIOD, "--json"]) == cli.DONE
    printed = capsys.readouterr()
    said = json.loads(printed.out)
    assert printed.err == ""
    assert (said["target"], said["lead_days"], said["from"], said["to"]) == (
        "armed_interference", 0, "2016-01-01", "2017-12-31",
    )  # fmt: skip
    assert set(said["models"]) == {"winze", "last_visit", "province_rate", "base_rate", "kernel"}
    inside = [s for s in episodes() if "2016" <= str(s.speaks_of.start) < "2018"]
    assert said["n"] == len(inside)
    assert [(item["name"], item["later_slice"]) for item in said["inputs"]] == [("visits.csv", True)]


def test_an_experts_weights_are_judged_beside_for_the_questions_a_rule_speaks_of(visits, capsys):
    words = ["backtest", str(visits), *PERIOD, "--json", "--target", "non_state_interference"]
    assert cli.outcome(words) == cli.DONE
    assert "expert" in json.loads(capsys.readouterr().out)["models"]


def test_a_run_takes_the_newest_weights_else_fits_its_own_else_leaves_it_to_the_expert(capsys):
    told = episodes()
    shipped = cli._weights(told, date(2020, 5, 11), "en")
    assert {model.trained_to for model in shipped.values()} == {max(_shipped())}
    before = min(_shipped()).replace(month=1, day=1)
    refitted = cli._weights(told, before, "en")
    assert {model.trained_to for model in refitted.values()} == {before}
    assert "fitted to what the case knew" in capsys.readouterr().err
    later = [s for s in told if s.known(before)]
    assert cli._weights(later, before, "en") == refitted
    assert cli._weights(told[:40], before, "en") == {}


def _shipped() -> list[date]:
    folder = Path(models.__file__).parents[1] / "rules" / "models"
    return [date.fromisoformat(path.stem) for path in folder.glob("2*.yaml")]


def test_a_backtest_of_a_folder_prints_lines_with_the_target_and_lead_asked_for(visits, capsys):
    words = ["backtest", str(visits.parent), *PERIOD, "--lead", "30", "--target", "non_state_interference"]
    assert cli.outcome(words) == cli.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("non_state_interference: ") and lines[0].endswith("lead 30 days.")
    assert any(line.startswith("winze ") for line in lines) and any("base_rate" in line for line in lines)


def test_too_few_visits_are_refused_with_a_sentence(visits, capsys):
    assert cli.outcome(["backtest", str(visits), "--from", "2016-01-01", "--to", "2016-01-09"]) == cli.REFUSED
    printed = capsys.readouterr()
    assert printed.out == "" and "it takes 20" in printed.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.csv", *PERIOD], "There is no file nowhere.csv."),
        (["VISITS", "--from", "2017-01-02", "--to", "2017-01-01"], "before it starts"),
        (["VISITS", *PERIOD, "--lead", "-1"], "cannot be negative"),
        (["VISITS", *PERIOD, "--target", "weather"], "weather"),
        (["VISITS"], "--from"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error_with_a_sentence(visits, words, sentence, capsys):
    words = [str(visits) if word == "VISITS" else word for word in words]
    assert cli.outcome(["backtest", *words]) == cli.USAGE
    printed = capsys.readouterr()
    assert printed.out == "" and sentence in printed.err and "Traceback" not in printed.err


def test_training_writes_a_dated_file_that_a_run_can_read(trained):
    assert trained.name == "2017-12-31.yaml"
    found = models.read(trained)
    assert "non-state-armed-interference" in found
    for target, model in found.items():
        assert (model.target, model.basis, model.trained_to) == (target, "learnt", date(2017, 12, 31))
        assert model.countries == recipe().countries
        assert [days for days, _ in model.spread] == list(recipe().leads)
    assert models.in_force(date(2018, 5, 1), trained.parent) == found


def test_what_the_army_does_by_lot_is_refused_and_said_while_the_rest_is_written(visits, tmp_path, capsys):
    assert cli.outcome(["train", str(visits), "--to", TO, "--out", str(tmp_path)]) == cli.DONE
    printed = capsys.readouterr()
    assert printed.out.strip() == str(tmp_path / "2017-12-31.yaml")
    assert "state_interference: AUPR" in printed.err and "no weights are written" in printed.err
    assert set(models.read(tmp_path / "2017-12-31.yaml")) == {"non-state-armed-interference"}


def test_the_same_rows_in_another_order_train_to_the_same_bytes(trained, tmp_path):
    told = episodes()
    random.Random(9).shuffle(told)
    again = write_visits(tmp_path / "other name.csv", told)
    assert cli.outcome(["train", str(again), "--to", TO, "--out", str(tmp_path / "o")]) == cli.DONE
    assert (tmp_path / "o" / trained.name).read_bytes() == trained.read_bytes()


def test_rows_after_the_day_change_no_byte(trained, visits, tmp_path):
    """The fixture's rows end with the day; later ones are added."""
    later = [s for s in episodes(seed=5, months=90) if s.speaks_of.start > date(2017, 12, 31)]
    assert len(later) > 50
    write_visits(tmp_path / "later.csv", later)
    words = ["train", str(visits), str(tmp_path / "later.csv"), "--to", TO, "--out", str(tmp_path / "o")]
    assert cli.outcome(words) == cli.DONE
    assert (tmp_path / "o" / trained.name).read_bytes() == trained.read_bytes()


def test_weights_no_better_than_plain_peers_are_refused_and_nothing_is_written(tmp_path, capsys):
    by_lot = write_visits(tmp_path / "visits.csv", episodes(shuffled=True))
    assert cli.outcome(["train", str(by_lot), "--to", TO, "--out", str(tmp_path / "o")]) == cli.REFUSED
    printed = capsys.readouterr()
    assert printed.out == "" and "no weights are written" in printed.err
    assert not (tmp_path / "o").exists()


def test_too_few_answers_train_nothing(visits, tmp_path, capsys):
    assert cli.outcome(["train", str(visits), "--to", "2012-02-01", "--out", str(tmp_path / "o")]) == cli.REFUSED
    assert "it takes" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
    assert cli.outcome(["train", "nowhere.csv", "--to", TO, "--out", str(tmp_path / "o")]) == cli.USAGE


def test_the_training_hash_is_of_the_answers_in_any_order_and_of_no_others():
    told = tuple(episodes()[:40])
    assert training.training_hash(told) == training.training_hash(told[::-1])
    assert training.training_hash(told) != training.training_hash(told[1:])


def test_a_run_with_weights_in_force_needs_nothing_of_what_learnt_them(trained, tmp_path):
    example.write(tmp_path / "case", "great-lakes")
    code = f"""
import sys
from pathlib import Path
from winze import cli
from winze.engine import models
shipped = models.in_force
models.in_force = lambda day: shipped(day, Path({str(trained.parent)!r}))
ended = cli.outcome(["run", {str(tmp_path / "case")!r}, "--as-of", "2020-05-11", "--out", {str(tmp_path / "o")!r}])
print(ended, sorted(n for n in sys.modules if n.split(".")[0] in ("scipy", "sklearn") or n.startswith("winze.learn")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    said = json.loads((tmp_path / "o" / "cycle.json").read_text(encoding="utf-8"))
    bases = {r["likelihood"]["basis"] for r in said["risks"] if r["kind"] == "non-state-armed-interference"}
    assert "learnt" in bases
