"""A whole case among broken, disguised and harmful files: every one is named, the good ones count as if alone."""

import csv
import io
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from winze import cli, example
from winze.formats import explaining, reading

DAY = "2020-05-11"
RESULTS = {"report.html", "risks.xlsx", "problems.csv", "cycle.json"}
HEALTH = ["Country", "Admin1", "Facility name", "Facility type", "Ownership", "Lat", "Long", "iso3c", "Tier"]
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ODD = "=cmd|'quote\" 名\x1b[31m\n\u202etsil.csv" if os.name == "posix" else "=cmd名.csv"


def facility(name: str, **cells: str) -> list[str]:
    usual = ["Burundi", "Gitega", name, "Hôpital", "Public", "-3.4", "29.9", "BDI", "3"]
    return [cells.get(column, value) for column, value in zip(HEALTH, usual, strict=True)]


def table(*rows: list[str], headings: list[str] = HEALTH) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([headings, *rows])
    return out.getvalue()


def packed(**members: bytes) -> bytes:
    """A workbook with some of its members replaced."""
    plain, out = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet().write(0, 0, "Country")
    with zipfile.ZipFile(plain) as whole, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            archive.writestr(name, members.get(Path(name).stem, whole.read(name)))
    return out.getvalue()


def protected() -> bytes:
    """An OLE2 file of three sectors (tables, directory, stream) that holds an encrypted package."""

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        tree = struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return text.ljust(64, b"\0") + tree + b"\0" * 36 + struct.pack("<IQ", start, size)

    table_of_sectors = struct.pack("<10I", 0xFFFFFFFD, 0xFFFFFFFE, *range(3, 10), 0xFFFFFFFE).ljust(512, b"\xff")
    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("EncryptedPackage", 2, 0xFFFFFFFF, 2, 4096)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0) + b"\xff" * 432
    return head + table_of_sectors + directory.ljust(512, b"\0") + b"\0" * 4096


def bomb() -> bytes:
    return packed(styles=b"\0" * 400_000_000)


def entities() -> bytes:
    nest = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    declared = f'<!DOCTYPE x [<!ENTITY e0 "ha">{nest}]>'
    return f'<?xml version="1.0"?>{declared}<CONSOLIDATED_LIST>&e8;</CONSOLIDATED_LIST>'.encode()


def hostile(visits: str) -> dict[str, tuple[bytes | str, str | None]]:
    """Files by name, each with the problem that names what is wrong with it (None: nothing is wrong)."""
    headings, first, *_ = visits.splitlines()
    later = first.replace("codmine9", "codmine8").replace("2018-", "2999-").replace("2019-", "2999-")
    escape = "\x1b]0;owned\x07\x1b[2J\x9b31m"
    return {
        "empty.csv": (b"", "file_empty"),
        "truncated.xlsx": (packed()[:900], "file_damaged"),
        "renamed-workbook.csv": (packed(), "format_unknown"),
        "renamed-text.xlsx": (table(facility("Texte")), None),
        "protected.xlsx": (protected(), "file_encrypted"),
        "windows.csv": (table(facility("Hôpital général")).encode("cp1252"), "encoding_guessed"),
        "marked.csv": (table(facility("Marqué")).encode("utf-8-sig"), None),
        "wide.csv": (table(facility("Large")).encode("utf-16"), None),
        "shifted.csv": (table(facility("Droit"), ["Burundi", "", *facility("Décalé")]), "row_shifted"),
        "bomb.xlsx": (bomb(), "file_bomb"),
        "entities.xml": (entities(), "xml_entities"),
        "nowhere.csv": (table(facility("Nulle part", Lat="NaN", Long="inf")), "value_not_number"),
        "visits-again.csv": (f"{headings}\n{first}\n{first}\n{later}\n", "row_repeated"),
        "unclosed.csv": (table(facility("Bon")) + 'Burundi,"Gitega,Ouvert,x\n' + table(facility("Z")), "row_broken"),
        "paper.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "file_kind_not_read"),
        "escape.csv": (f"{escape},{escape}2\n{escape},1\n", "format_unknown"),
        "escape-cells.csv": (table(facility(escape, Lat=escape)), "value_not_number"),
        ODD: (b"one,two\n1,2\n", "format_unknown"),
    }


def run(case: Path, out: Path) -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-m", "winze.cli", "run", str(case), "--as-of", DAY, "--out", str(out)]
    return subprocess.run(words, capture_output=True, timeout=120, check=False)


def document(out: Path) -> dict:
    return json.loads((out / "cycle.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    example.write(folder / "case", "great-lakes")
    assert run(folder / "case", folder / "out").returncode == cli.DONE
    return folder


@pytest.fixture(scope="module")
def among(clean, tmp_path_factory):
    """The same case among the hostile files: what they should be told, the process, and where it wrote."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(clean / "case", folder / "case")
    files = hostile((folder / "case" / "visites_sites.csv").read_text(encoding="utf-8"))
    for name, (content, _) in files.items():
        (folder / "case" / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return {name: code for name, (_, code) in files.items()}, run(folder / "case", folder / "out"), folder / "out"


def test_hostile_files_end_with_one_and_four_whole_results(among):
    _, done, out = among
    assert done.returncode == cli.DATA, done.stderr.decode()[-2000:]
    assert {path.name for path in out.iterdir()} == RESULTS
    assert zipfile.ZipFile(out / "risks.xlsx").testzip() is None
    assert (out / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    document(out)


def test_each_hostile_file_is_named_with_a_sentence_and_what_to_do(among):
    codes, _, out = among
    said: dict[str, set[str]] = {}
    for problem in document(out)["problems"]:
        assert len(problem["message"]) > 10 and len(problem["hint"]) > 10
        said.setdefault(problem["input"], set()).add(problem["code"])
    for name, code in codes.items():
        assert code is None or code in said.get(name, set()), (name, code, said.get(name))
    told = {item["name"]: item for item in document(out)["inputs"]}
    assert set(codes) <= set(told)
    for name in ("renamed-text.xlsx", "windows.csv", "marked.csv", "wide.csv", "shifted.csv", "unclosed.csv"):
        assert told[name]["records"].get("health-site", 0) >= 1, name
    assert told["visits-again.csv"]["held_back"] == 1


def test_the_good_files_give_the_same_sites_signals_and_risks(clean, among):
    before, after = document(clean / "out"), document(among[2])
    for part in ("sites", "risks", "signals", "baseline"):
        assert after[part] == before[part], part


def test_no_result_line_and_no_printed_line_can_steer_a_terminal(among):
    _, done, out = among
    printed = (done.stdout + done.stderr).decode().replace("\r\n", "\n")
    assert "escape.csv" in printed
    assert not STEERING.search(printed)
    assert len([line for line in printed.splitlines() if line.startswith("read ")]) == len(document(out)["inputs"])


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_check_never_prints_what_steers_a_terminal(among, words, capsys):
    case = among[2].parent / "case"
    files = [str(case / name) for name in ("escape.csv", "escape-cells.csv", ODD)]
    assert cli.outcome(["check", *files, *words]) == cli.DATA
    printed = capsys.readouterr().out
    assert not STEERING.search(printed)
    if words:
        assert [item["file"] for item in json.loads(printed)] == ["escape.csv", "escape-cells.csv", ODD]


@pytest.mark.skipif(os.name != "posix", reason="only there a file name can be bytes that are no text")
def test_a_file_name_that_is_no_text_is_written_out(clean, tmp_path):
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.csv")).write_bytes(b"a,b\n1,2\n")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert run(tmp_path, tmp_path.parent / "text-out").returncode == cli.DATA
    assert [item["name"] for item in document(tmp_path.parent / "text-out")["inputs"]] == ["caf\\udce9.csv"]


def test_data_saved_as_text_are_read_and_notes_are_passed_over(tmp_path):
    (tmp_path / "README.txt").write_text("Our files, as sent.\n", encoding="utf-8")
    (tmp_path / "notes.md").write_text("# Notes\n\n- one, two\n", encoding="utf-8")
    (tmp_path / "export.txt").write_text(table(facility("Texte")), encoding="utf-8")
    assert [path.name for path in reading.case_files(tmp_path)] == ["export.txt"]


def test_what_cannot_be_written_or_read_back_is_a_usage_error_with_a_sentence(clean, tmp_path, capsys):
    (tmp_path / "taken").write_text("not a folder", encoding="utf-8")
    words = ["run", str(clean / "case"), "--as-of", DAY, "--out", str(tmp_path / "taken")]
    assert cli.outcome(words) == cli.USAGE
    (tmp_path / "cycle.json").write_text('{"half', encoding="utf-8")
    assert cli.outcome(["explain", str(tmp_path), "1"]) == cli.USAGE
    assert cli.outcome(["explain", str(clean / "out"), "None"]) == cli.USAGE
    assert "Traceback" not in capsys.readouterr().err


def test_a_day_before_any_rule_was_in_force_is_refused_by_the_rules_name(clean, tmp_path, capsys):
    words = ["run", str(clean / "case"), "--as-of", "1999-01-01", "--out", str(tmp_path / "out")]
    assert cli.outcome(words) == cli.REFUSED
    assert "signal/conflict-near" in capsys.readouterr().err


def test_a_run_stopped_by_hand_is_not_done(monkeypatch, clean, tmp_path):
    monkeypatch.setattr("winze.cycle.run", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    words = ["run", str(clean / "case"), "--as-of", DAY, "--out", str(tmp_path / "out")]
    assert cli.outcome(words) == cli.STOPPED


def test_words_that_only_look_like_a_day_are_explained_as_they_stand():
    risk = {"id": "r", "rank": 1, "subject": "s", "annex_ii": "A", "kind": "forced-labour", "evidence_level": None,
            "likelihood": {"p": None, "low": None, "high": None, "basis": "none"},
            "response": {"action": "watch", "deadline": None, "rule": "x", "missing": []},
            "because": [{"text": "reason.forced-labour", "values": {"day": "abcd-ef-gh"}, "contribution": None,
                         "origin": None}]}  # fmt: skip
    lines = explaining.explain({"risks": [risk], "inputs": [], "sites": []}, "1", "en")
    assert "abcd-ef-gh" in lines[-1]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_run_killed_while_it_writes_leaves_no_half_file_under_a_results_name(clean, tmp_path):
    whole = {path.name: path.read_bytes() for path in (clean / "out").iterdir()}
    out, chance = tmp_path / "out", random.Random(2020)
    words = [sys.executable, "-m", "winze.cli", "run", str(clean / "case"), "--as-of", DAY, "--out", str(out)]
    killed = 0
    for _ in range(5):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for line in process.stderr:
            if line.startswith(b"writing"):
                break
        time.sleep(chance.uniform(0, 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        for path in out.iterdir() if out.exists() else ():
            assert path.name.startswith(".") or path.read_bytes() == whole[path.name], path.name
    assert killed
    assert run(clean / "case", out).returncode == cli.DONE
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.name in RESULTS} == whole
