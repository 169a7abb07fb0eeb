"""Whose force an armed actor is, by name: what the datasets and the visit reports write, and what stays unknown."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from real import real
from winze.engine.actors import FORCES, force_of
from winze.engine.register import fold


@pytest.mark.parametrize(
    "name",
    [
        "FARDC",
        "fardc",
        "FARDC - Éléments indisciplinés",
        "PNC",
        "ANR",
        "Police des mines",
        "Government of DR Congo (Zaire)",
        "Government of Bosnia-Herzegovina",
        "Military Forces of the Democratic Republic of Congo (2019-)",
        "Military Forces of Bosnia and Herzegovina (1995-)",
        "Police Forces of Rwanda (1994-)",
        "FARDC et PNC",
    ],
)
def test_the_states_forces_are_known_as_the_datasets_write_them(name: str) -> None:
    assert force_of(name) == "state"


@pytest.mark.parametrize(
    "name",
    [
        "FDLR",
        "FDLR/Rudi",
        "FDLR-RUD",
        "NDC",
        "NDC-Rénové",
        "Raïa Mutomboki",
        "Raia Mutomboki - Bravo",
        "Maï-Maï",
        "Maï-Maï (pro-gouvernement)",
        "Maï-Maï Simba (ex-Morgan - Mangaribi)",
        "Maï-Maï PARECO et Simba (Morgan)",
        "Mayi Mayi Complet",
        "Mayi-Mayi Militia (Yakutumba)",
        "FRPI",
        "FRF",
        "ADF: Allied Democratic Forces",
        "LRA",
        "M23",
        "APCLS",
        "Nyatura Love",
        "Matonge milice Chunu & Alexis",
        "Forces négatives",
        "Bafuliro Communal Militia (Democratic Republic of Congo)",
        "Unidentified Armed Group (Mozambique)",
        "SPLM/A - IO",
        "ex-FARDC",
    ],
)
def test_non_state_armed_groups_are_known_as_the_datasets_write_them(name: str) -> None:
    assert force_of(name) == "non-state"


@pytest.mark.parametrize(
    "name",
    ["", "  ", None, "Civilians", "Civilians (Democratic Republic of Congo)", "Protesters (DRC)", "Rioters (DRC)",
     "Gardes Parc", "MONUSCO", "Private Security Forces (DRC)", "Lou Nuer", "Adfactor", "Policyholders"],
)  # fmt: skip
def test_a_name_that_says_neither_is_unknown_and_a_beginning_is_whole_words(name: str | None) -> None:
    assert force_of(name) == "unknown"


@pytest.mark.parametrize("name", ["FARDC et Maï-Maï", "Maï-Maï et FARDC", "FDLR/FARDC", "PNC & Nyatura"])
def test_actors_of_both_kinds_in_one_name_are_unknown(name: str) -> None:
    assert force_of(name) == "unknown"


def test_the_longer_name_decides() -> None:
    assert force_of("FARDC") == "state"
    assert force_of("Déserteurs FARDC") == "non-state"
    assert force_of("Mutiny of Military Forces of Mali") == "non-state"


def test_ucdp_leaves_no_third_kind_but_civilians() -> None:
    assert force_of("Lou Nuer") == "unknown"
    assert force_of("Lou Nuer", "ucdp-ged") == "non-state"
    assert force_of("Government of Sudan", "ucdp-ged") == "state"
    assert force_of("Civilians", "ucdp-ged") == "unknown"
    assert force_of(None, "ucdp-ged") == "unknown"


@pytest.mark.parametrize(
    ("number", "words", "force"),
    [
        ("1", "State Forces", "state"),
        ("2", "Rebel Groups", "non-state"),
        ("3", "Political Militias", "non-state"),
        ("4", "Identity Militias", "non-state"),
        ("5", "Rioters", "unknown"),
        ("6", "Protesters", "unknown"),
        ("7", "Civilians", "unknown"),
        ("8", "External/Other Forces", "unknown"),
    ],
)
def test_acleds_kinds_of_actor_read_the_same_as_number_and_words(number: str, words: str, force: str) -> None:
    assert force_of(number, "acled") == force_of(words, "acled") == force
    assert force_of(number) == "unknown", "a bare number means something in ACLED only"


@given(st.text(max_size=60), st.sampled_from([None, "ucdp-ged", "acled", "other"]))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_one_of_three_answers(name: str, dataset: str | None) -> None:
    assert force_of(name, dataset) in FORCES


@given(st.sampled_from(["Maï-Maï Simba", "FARDC", "Raïa Mutomboki", "NDC-Rénové", "Lou Nuer"]), st.data())
@settings(max_examples=40, deadline=None)
def test_case_accents_and_punctuation_do_not_change_the_answer(name: str, data: st.DataObject) -> None:
    variant = data.draw(st.sampled_from([name.upper(), name.lower(), fold(name), f" {name} ", name.replace("-", " ")]))
    assert force_of(variant) == force_of(name)


def test_every_entry_names_its_source_and_no_name_stands_in_two() -> None:
    text = (files("winze.rules") / "actors.yaml").read_text(encoding="utf-8")
    book = yaml.safe_load(text)
    assert set(book) == {"joins", "closed", "codes", "actors"}
    for entry in [*book["actors"], *book["codes"].values(), *book["closed"].values()]:
        assert entry["source"] and isinstance(entry["confirmed"], bool)
    for entry in book["actors"]:
        assert entry["force"] in FORCES
        assert set(entry) <= {"force", "source", "confirmed", "begins", "anywhere"}
    for where in ("begins", "anywhere"):
        names = Counter(fold(str(name)) for entry in book["actors"] for name in entry.get(where, ()))
        assert [name for name, times in names.items() if times > 1] == []
        assert all(names), "a name that folds to nothing would fit every actor"


def test_ucdps_own_list_of_actors_is_told_apart_without_error() -> None:
    with real("conflict/ucdp_actor_221.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = Counter((row["Org"] == "4", force_of(row["NameData"], "ucdp-ged")) for row in rows)
    assert found == {(True, "state"): 163, (False, "non-state"): 1562}
    alone = {(row["Org"] == "4", force_of(row["NameData"])) for row in rows}
    assert alone == {(True, "state"), (False, "non-state"), (False, "unknown")}


def test_every_armed_actor_of_the_ipis_visits_agrees_with_what_ipis_says_of_it() -> None:
    with real("mines/ipis_drc_visits_2009_2018.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    pairs = {(row[f"armed_group{i}"], row[f"type_armed_group{i}"]) for row in rows for i in (1, 2)}
    seen = {(name, "state" if kind.startswith("FARDC") else "non-state") for name, kind in pairs if name}
    assert len(seen) > 40
    assert {(name, said, force_of(name)) for name, said in seen if force_of(name) != said} == {
        ("Gardes Parc", "non-state", "unknown")  # park guards serve the state; IPIS counts them as a local armed group
    }
