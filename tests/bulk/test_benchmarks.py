"""The benchmark runner's own promises: true peak memory, true endings, a table that can be written again and again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINE = {
    "job": "exposure",
    "size": "full",
    "winze": {"seconds": 0.25, "mb": 200.4},
    "peers": {"strtree": {"seconds": 3.0, "mb": 300.0}},
    "ratio": {"strtree": 12.0},
    "quality": {"cold_seconds": 1.5, "lost_pairs_share": {"geopandas": 0.06}},
}


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import measured, run

    return measured, run


def test_the_table_has_a_row_for_each_method_and_says_the_rest_below(benchmarks: Any) -> None:
    _, run = benchmarks
    text = run.table([LINE])
    assert "| exposure | **Winze** | 0.25 | 200 | 1 |" in text
    assert "| exposure | strtree | 3.00 | 300 | 12.0 |" in text
    assert "cold seconds 1.5; lost pairs share: geopandas 0.06." in text


def test_the_page_keeps_what_stands_around_the_table_however_often_it_is_written(benchmarks: Any) -> None:
    _, run = benchmarks
    page = run.PAGE.read_text(encoding="utf-8")
    once = run.written(page, "first")
    assert run.written(once, "second") == run.written(page, "second")
    assert run.written(once, "second").split(run.START)[0] == page.split(run.START)[0]
    assert run.written(once, "second").split(run.END)[1] == page.split(run.END)[1]


def test_a_program_is_measured_with_its_own_memory_and_its_own_ending(benchmarks: Any) -> None:
    measured, _ = benchmarks
    small = measured.program(sys.executable, "-c", "raise SystemExit(3)")
    large = measured.program(sys.executable, "-c", "held = b'x' * 150_000_000")
    assert (small["exit"], large["exit"]) == (3, 0)
    assert large["mb"] > 143
    assert measured.middle([small, large, large])["mb"] == pytest.approx(large["mb"], abs=0.001)


def test_a_ratio_says_how_many_times_as_long_the_peer_took(benchmarks: Any) -> None:
    measured, _ = benchmarks
    assert measured.ratios({"seconds": 0.5}, {"slow": {"seconds": 6.0}, "quick": {"seconds": 0.25}}) == {
        "slow": 12.0,
        "quick": 0.5,
    }


def test_every_peer_finds_the_pairs_that_we_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    for library in ("shapely", "scipy"):
        pytest.importorskip(library)
    import numpy as np
    from benchmarks import exposure

    case = exposure.Case.of(4000, 500)
    ours, _ = exposure.winze(case)
    for peer in (exposure.strtree, exposure.ckdtree):
        theirs, pairs = peer(case)
        assert pairs > 1000
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_the_cycle_job_refuses_to_time_a_run_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import cycle

    endings = iter([{"seconds": 1, "mb": 1, "exit": 0}, {"seconds": 1, "mb": 1, "exit": 4}])
    monkeypatch.setattr(cycle, "program", lambda *command: next(endings))
    with pytest.raises(SystemExit, match="winze run ended with 4"):
        cycle.measure("small")


def test_the_cycle_job_gives_its_line_for_a_run_with_errors_in_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import cycle

    def program(*command: str) -> dict[str, float]:
        if "run" in command:
            out = Path(command[-1])
            out.mkdir()
            (out / "cycle.json").write_text("{}")
        if "example" in command:
            Path(command[-1]).mkdir()
            (Path(command[-1]) / "sites.csv").write_text("a,b\n")
        return {"seconds": 4.0 if "run" in command else 2.0, "mb": 99.0, "exit": int("run" in command)}

    monkeypatch.setattr(cycle, "program", program)
    line = cycle.measure("small")
    assert line["ratio"] == {"reading_only": 0.5}
    assert line["quality"] == {
        "case": "example",
        "files": 1,
        "input_mb": 0.0,
        "exit": 1,
        "same_bytes_every_run": True,
    }


def test_the_reading_peer_touches_every_cell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import cycle

    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "b.xml").write_text("<list><entry/><entry/></list>")
    assert cycle.read_only(tmp_path) == 6 + 3
