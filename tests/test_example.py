"""The two example cases: real facts with their sources over an invented chain, in formats that our readers know."""

from __future__ import annotations

import csv
import zipfile
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from real import real
from winze import example
from winze.engine.problems import Severity
from winze.engine.records import (
    ConflictEvent,
    Fact,
    LegalAct,
    Listing,
    NodeStatus,
    Price,
    Quote,
    SiteEntry,
    Statement,
    Supply,
    Visit,
    in_month,
    of_kind,
)
from winze.engine.register import build
from winze.engine.texts import LANGUAGES
from winze.example import layouts
from winze.formats.lines import measures
from winze.formats.reading import Reading, case_files, read
from winze.formats.templates import TEMPLATES


@pytest.fixture(scope="module", params=example.CASES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp(request.param)
    example.write(folder, request.param)
    return folder


@pytest.fixture(scope="module")
def readings(case: Path) -> list[Reading]:
    return [read(path) for path in case_files(case)]


@pytest.fixture(scope="module")
def told(readings: list[Reading]) -> list[Statement]:
    return [statement for reading in readings for statement in reading.statements]


def great_lakes(folder: Path) -> list[Statement]:
    example.write(folder, "great-lakes")
    return [statement for path in case_files(folder) for statement in read(path).statements]


def test_every_file_is_read_by_its_own_reader_without_a_single_problem(case: Path, readings: list[Reading]) -> None:
    formats = Counter(reading.format for reading in readings)
    events = "ucdp-ged" if "great-lakes" in case.name else "acled-events"
    visits = {"ipis-visits": 1} if "great-lakes" in case.name else {}
    own = 3 if "great-lakes" in case.name else 2  # the chain, the cited facts, and the acts on a plan
    assert formats == {"winze-template": own, "worldbank-cmo": 1, "un-sanctions": 1, events: 1, **visits}
    assert [
        problem for reading in readings for problem in reading.problems if problem.severity is not Severity.NOTE
    ] == []


def test_the_same_seed_gives_the_same_bytes_and_another_other_sites(tmp_path: Path) -> None:
    for name in example.CASES:
        one, same, other = (tmp_path / f"{name}-{n}" for n in range(3))
        for folder, seed in ((one, 2020), (same, 2020), (other, 7)):
            example.write(folder, name, seed)
        files = sorted(path.name for path in one.iterdir())
        assert all((one / file).read_bytes() == (same / file).read_bytes() for file in files)
        changed = {file for file in files if (one / file).read_bytes() != (other / file).read_bytes()}
        names = example.data(name)["files"]
        assert names["events"] in changed and "README.txt" in changed
        assert names["facts"] not in changed and names["prices"] not in changed


def test_what_is_written_is_what_is_listed_and_a_readme_says_it_in_four_languages(case: Path, tmp_path: Path) -> None:
    written = example.write(tmp_path / "x", "andes")
    assert {path.name for path in written} == {path.name for path in (tmp_path / "x").iterdir()}
    text = (case / "README.txt").read_text(encoding="utf-8")
    for word in ("synthetic", "synthétique", "sintético", "虚构", "2020-05-11", "CC BY 4.0"):
        assert word in text
    assert "{" not in text


def test_an_unknown_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        example.write(tmp_path, "atlantis")


def test_about_sixty_cited_records_each_with_a_source_and_a_word_on_its_certainty() -> None:
    cited = [(kind, entry) for kind, entries in example.data("facts_2020").items() for entry in entries]
    assert 60 <= len(cited) <= 110
    for kind, entry in cited:
        assert kind in TEMPLATES
        assert entry["source"].startswith("https://") or "Call to Action" in entry["source"], entry
        assert isinstance(entry["confirmed"], bool)
        assert entry["confirmed"] or entry.get("note"), f"what is unconfirmed must say why: {entry}"
        assert set(entry) <= {*TEMPLATES[kind].columns, "source", "confirmed", "cases", "note"}
        assert set(entry.get("cases", example.CASES)) <= set(example.CASES)
    before = [e for k, e in cited if "2020-05-11" >= str(e.get("from", e.get("date")))[-10:] >= "2020"]
    assert len(before) >= 40


def test_every_real_record_of_a_case_reaches_the_reader_with_its_source(case: Path, readings: list[Reading]) -> None:
    name = next(name for name in example.CASES if name in case.name)
    facts = next(r for r in readings if r.name == example.data(name)["files"]["facts"])
    wanted = sum(len(list(example.cited(kind, name, "en"))) for kind in ("acts", "closures", "quotes", "facts"))
    assert len(facts.statements) == wanted
    assert all("https://" in s.source or "Call to Action" in s.source for s in facts.statements)


def test_what_is_not_confirmed_says_so_in_the_language_of_the_file(tmp_path: Path) -> None:
    for language, word in zip(LANGUAGES, ("unconfirmed", "non confirmé", "sin confirmar", "未经确认"), strict=True):
        rows = list(example.cited("facts", "great-lakes", language))
        assert any(row["source"].endswith(f"({word})") for row in rows)
        assert any(row["source"].startswith("https") and "(" not in row["source"] for row in rows)


def test_invented_parties_sites_groups_and_entries_say_that_they_are(told: list[Statement]) -> None:
    marks = ("exemple", "ejemplo", "fictiv", "ficticia")
    invented = [
        *(name for _, link in of_kind(told, Supply) for name in (link.supplier, link.buyer)),
        *(visit.name for _, visit in of_kind(told, Visit)),
        *(entry.name for _, entry in of_kind(told, SiteEntry)),
        *(actor.name for _, visit in of_kind(told, Visit) for actor in visit.actors),
        *(event.side_a for _, event in of_kind(told, ConflictEvent) if event.side_a),
        *(entry.name for _, entry in of_kind(told, Listing)),
    ]
    assert len(invented) > 60
    assert [name for name in invented if not any(mark in name.casefold() for mark in marks)] == []
    sides = {event.side_b for _, event in of_kind(told, ConflictEvent)}
    assert all(side and (side.startswith("Civilians") or "exemple" in side or "ejemplo" in side) for side in sides)


def test_the_chain_leads_to_one_buyer_and_a_trader_nearly_matches_a_listed_name(told: list[Statement]) -> None:
    register = build(told)
    assert register.me is not None and register.parties[register.me].tier == 0
    assert max(party.tier or 0 for party in register.parties.values()) >= 2
    assert all(party.tier is not None for party in register.parties.values())
    listed = {entry.name.casefold() for _, entry in of_kind(told, Listing)}
    assert any(id.removeprefix("party:").replace("é", "e") in listed for id in register.parties)
    assert sum(site.in_chain for site in register.sites.values()) >= 4


def test_the_visits_hold_what_a_report_must_be_able_to_show(tmp_path: Path) -> None:
    told = great_lakes(tmp_path)
    visits = [(s, visit) for s, visit in of_kind(told, Visit)]
    assert len(visits) == 42 and 20 <= len({s.subject for s, _ in visits}) <= 26
    assert {visit.territory for _, visit in visits} <= {t["name"] for t in example.data("great-lakes")["territories"]}
    assert {True, False} <= {visit.interference for _, visit in visits}
    assert any(visit.not_reached_for == "insecurity" for _, visit in visits)
    assert any(visit.children_under_15 for _, visit in visits) and any(visit.women for _, visit in visits)
    assert any(visit.workers is None for _, visit in visits) and any(visit.mercury for _, visit in visits)
    last_year = [s for s, _ in visits if s.speaks_of.end > date(2019, 5, 11)]
    assert 5 <= len(last_year) < len(visits) / 2
    assert all(s.known(example.AS_OF) for s, _ in visits)


def test_events_end_before_the_day_and_rise_towards_it(told: list[Statement]) -> None:
    days = [s.speaks_of.end for s, _ in of_kind(told, ConflictEvent)]
    assert len(days) >= 60 and max(days) <= example.AS_OF
    late = sum(day > date(2020, 2, 20) for day in days)
    assert late / 70 > (len(days) - late) / 700


def test_a_run_as_of_the_day_does_not_know_what_came_later(tmp_path: Path) -> None:
    told = great_lakes(tmp_path)
    known = [s for s in told if s.known(example.AS_OF)]
    assert len(told) - len(known) >= 20
    measured = {(fact.measure, s.subject) for s, fact in of_kind(known, Fact)}
    assert ("buyers-closed", "area:Ituri") in measured
    assert ("exports", "area:Sud-Kivu") not in measured and ("incidents", "party:itsci") not in measured
    nodes = {(status.node, status.state) for _, status in of_kind(known, NodeStatus)}
    assert ("Mutoshi", "closed") in nodes and ("KLTM", "closed") not in nodes


def test_golden_figures_of_2020_come_through_unchanged(tmp_path: Path) -> None:
    told = great_lakes(tmp_path)
    facts = {(s.subject, fact.measure, fact.mineral): fact.value for s, fact in of_kind(told, Fact)}
    assert facts["area:Sud-Kivu", "exports", "gold"] == Decimal("30.6")
    assert facts["area:Sud-Kivu", "production", "gold"] == Decimal("7.1557")
    assert facts["commodity:tin", "capacity-down", "tin"] == Decimal("39.4")
    assert facts["commodity:tin", "capacity", "tin"] == 334_400
    assert facts["area:Ituri", "buyers-registered", "gold"] == 85 and facts["area:Ituri", "buyers-closed", "gold"] == 79
    assert facts["country:CAF", "exports", "diamond"] == Decimal("2.6")  # 13,000 carats in kilograms
    assert facts["party:itsci", "programme-cost-month", None] == 720_000
    quote = next(q for s, q in of_kind(told, Quote) if s.subject == "country:BFA" and q.unit == "carat-gold")
    assert (
        quote.fx and quote.spot and abs(100 * quote.amount / quote.fx / quote.spot - Decimal("83.1")) < Decimal("0.1")
    )
    mutoshi = next(n for s, n in of_kind(told, NodeStatus) if n.node == "Mutoshi" and s.speaks_of.start.month == 3)
    assert mutoshi.until == date(2020, 4, 6)


def test_only_what_the_sources_give_stands_in_the_acts(tmp_path: Path) -> None:
    acts = {s.subject: act for s, act in of_kind(great_lakes(tmp_path / "a"), LegalAct)}
    assert acts["country:BFA"].number is None and not acts["country:BFA"].verified
    example.write(tmp_path / "b", "andes")
    andes = [s for path in case_files(tmp_path / "b") for s in read(path).statements]
    ((decree, said),) = of_kind(andes, LegalAct)
    assert decree.subject == "country:COL" and said.number == "Decreto 457 de 2020" and said.exempts == ("export",)


def test_prices_are_the_world_banks_and_are_attributed(case: Path, told: list[Statement]) -> None:
    prices = {(p.commodity, s.speaks_of): p.amount for s, p in of_kind(told, Price)}
    assert prices["gold", in_month(2020, 4)] == Decimal("1683.17") and prices["tin", in_month(2020, 3)] == Decimal(
        "15290.91"
    )
    name = next(name for name in example.CASES if name in case.name)
    with zipfile.ZipFile(case / example.data(name)["files"]["prices"]) as book:
        assert "CC BY 4.0" in book.read("docProps/core.xml").decode()


def test_the_prices_are_those_of_the_real_workbook() -> None:
    real_prices = {
        (p.commodity, s.speaks_of): p.amount
        for s, p in of_kind(list(read(real("prices/worldbank_CMO_monthly_to_2020M04.xlsx")).statements), Price)
    }
    told = example.data("prices_2020")
    for series in told["series"]:
        for month, price in zip(told["months"], series["prices"], strict=True):
            span = in_month(int(month[:4]), int(month[5:]))
            assert real_prices[series["name"].lower(), span] == Decimal(price)


@pytest.mark.parametrize(
    ("columns", "name"),
    [(layouts.IPIS, "mines/ipis_drc_visits_2009_2018.csv"), (layouts.GED, "conflict/ucdp_ged_sample1000.csv")],
)
def test_the_layouts_are_those_of_the_real_files(columns: tuple[str, ...], name: str) -> None:
    with real(name).open(encoding="utf-8-sig", newline="") as file:
        assert tuple(next(csv.reader(file))) == columns


def test_the_synthetic_facts_use_measures_of_the_closed_list() -> None:
    for name in example.CASES:
        for fact in example.data(name)["facts"]:
            assert fact["measure"] in measures() and fact["source"] == "synthetic (Winze example)"
        assert all(quote["source"] == "synthetic (Winze example)" for quote in example.data(name)["quotes"])
