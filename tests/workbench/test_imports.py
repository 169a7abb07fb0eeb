"""Imports in the store: what stands after files were sent, loaded, mended, said again, superseded and undone."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sending import quiet, rows, send, site, sites, standing_alone, told, twin

from real import real
from winze.engine import matching, rules
from winze.engine import register as engine
from winze.engine.problems import Refusal
from winze.formats.mapping import to_yaml
from winze.formats.mends import Mend
from winze.workbench.access import Actor
from winze.workbench.models import Again, Event, Import, PersonalWord, Proposal, Site, SitePlace, Told
from winze.workbench.store import Absent, Stale, imports, jobs, journal, matches, register

pytestmark = [pytest.mark.django_db, pytest.mark.store]


@pytest.fixture
def sender(actor: Callable[[str], Actor]) -> Actor:
    """Somebody of an organisation whose register is empty."""
    return actor("stranger")


def workers(actor: Actor, name: str) -> int | None:
    return SitePlace.objects.get(site__organisation_id=actor.organisation, name=name).workers


def test_a_dry_run_has_no_effect_on_the_register(sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie"), site("Numbi", "minus")), None)
    assert found.state == "proposed"
    assert found.compared["new"] == 2
    assert rows(sender.organisation) == {}
    assert told(sender.organisation) == []
    assert found.warnings == 1


def test_the_same_file_twice_is_refused_and_changes_nothing(sender: Actor) -> None:
    send(sender, "a.csv", sites(site("Bisie")))

    def everything() -> tuple[Any, ...]:
        return told(sender.organisation), rows(sender.organisation), Event.objects.count(), Import.objects.count()

    before = everything()
    with pytest.raises(Refusal) as refused:
        send(sender, "other name.csv", sites(site("Bisie")))
    assert refused.value.text == "wb.refused.same-file"
    assert (
        told(sender.organisation),
        rows(sender.organisation),
        Event.objects.count(),
        Import.objects.count(),
    ) == before


def test_stop_loads_nothing_where_a_row_is_wrong_and_skip_loads_the_others(sender: Actor) -> None:
    bad = sites(site("Bisie"), "Nowhere mine,Atlantis,,,,tin ore,5,2020-03-01")
    found = send(sender, "a.csv", bad, "stop")
    assert found.state == "refused"
    assert told(sender.organisation) == []
    found = imports.load(sender, found.pk, "skip", quiet)
    assert found.state == "loaded"
    assert found.compared["refused"] == 1
    assert set(rows(sender.organisation)) == {"site:Bisie"}


def test_skip_leaves_the_older_word_and_update_replaces_it(sender: Actor) -> None:
    send(sender, "a.csv", sites(site("Bisie", 50)))
    left = send(sender, "b.csv", sites(site("Bisie", 70), site("Numbi")))
    assert (left.compared["new"], left.compared["changed"]) == (1, 1)
    assert workers(sender, "Bisie") == 50
    newer = send(sender, "c.csv", sites(site("Bisie", 90)), "update")
    assert newer.compared["changed"] == 1
    assert workers(sender, "Bisie") == 90
    assert standing_alone(rows(sender.organisation)) == twin(sender.organisation)


def test_to_undo_an_update_tells_the_older_word_again(sender: Actor) -> None:
    first = send(sender, "a.csv", sites(site("Bisie", 50)))
    before = rows(sender.organisation)
    second = send(sender, "b.csv", sites(site("Bisie", 90)), "update")
    imports.undo(sender, second.pk, "sent by mistake")
    assert rows(sender.organisation) == before
    imports.undo(sender, first.pk, "sent by mistake")
    assert rows(sender.organisation) == {}
    assert journal.verify().fault is None


def test_to_undo_the_middle_of_three_leaves_the_newest(sender: Actor) -> None:
    send(sender, "a.csv", sites(site("Bisie", 50)))
    middle = send(sender, "b.csv", sites(site("Bisie", 70)), "update")
    newest = send(sender, "c.csv", sites(site("Bisie", 90)), "update")
    imports.undo(sender, middle.pk, "wrong sheet")
    assert workers(sender, "Bisie") == 90
    imports.undo(sender, newest.pk, "wrong sheet too")
    assert workers(sender, "Bisie") == 50
    assert len(told(sender.organisation)) == 1


def test_what_two_files_say_stands_until_both_are_undone(sender: Actor) -> None:
    first = send(sender, "a.csv", sites(site("Bisie"), site("Numbi")))
    second = send(sender, "b.csv", sites(site("Bisie"), site("Kalimbi")))
    assert second.compared["same"] == 1
    imports.undo(sender, first.pk, "withdrawn by the sender")
    assert set(rows(sender.organisation)) == {"site:Bisie", "site:Kalimbi"}
    [row] = Told.objects.filter(organisation_id=sender.organisation, gone_on=None, subject="site:Bisie")
    assert row.of_id == second.pk
    assert row.said["origin"]["input"] == "b.csv"
    imports.undo(sender, second.pk, "withdrawn too")
    assert rows(sender.organisation) == {}
    assert not Again.objects.filter(of=second).exists()


def test_to_undo_needs_a_reason(sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie")))
    with pytest.raises(Refusal):
        imports.undo(sender, found.pk, "  ")
    assert set(rows(sender.organisation)) == {"site:Bisie"}


def test_a_stale_form_changes_nothing(sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie")), None)
    imports.mend(sender, found.pk, [Mend(None, 3, "Workers", "70")])
    with pytest.raises(Stale):
        imports.load(sender, found.pk, "skip", quiet, version=found.version_number)
    assert told(sender.organisation) == []


def test_another_organisations_import_is_not_there(sender: Actor, actor: Callable[[str], Actor]) -> None:
    found = send(sender, "a.csv", sites(site("Bisie")))
    for act in (
        lambda: imports.one(actor("analyst"), found.pk),
        lambda: imports.undo(actor("analyst"), found.pk, "not mine"),
        lambda: imports.mend(actor("analyst"), found.pk, []),
        lambda: imports.original(actor("analyst"), found.pk),
        lambda: imports.row(actor("analyst"), found.pk, None, 3),
        lambda: imports.load(actor("analyst"), found.pk, "skip", quiet),
    ):
        with pytest.raises(Absent):
            act()


# -- mends -----------------------------------------------------------------------------------------------------------

BAD = "Numbi,Atlantis,Kalehe,-2.1,28.1,tin ore,20,2020-03-01"


def test_a_mended_row_of_a_loaded_import_is_loaded_and_goes_when_it_is_taken_back(sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie"), BAD))
    before = rows(sender.organisation)
    imports.mend(sender, found.pk, [Mend(None, 4, "Country", "COD")], "the sender said so")
    assert set(rows(sender.organisation)) == {"site:Bisie", "site:Numbi"}
    mended = imports.one(sender, found.pk)
    assert (mended.errors, mended.compared["refused"]) == (0, 0)
    assert standing_alone(rows(sender.organisation)) == twin(sender.organisation)
    imports.take_back(sender, found.pk, [one.pk for one in imports.mends(found)])
    assert rows(sender.organisation) == before


def test_a_row_left_out_ends(sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie"), site("Numbi")))
    imports.mend(sender, found.pk, [Mend(None, 3, leave_out=True)], "a test row of theirs")
    assert set(rows(sender.organisation)) == {"site:Numbi"}
    assert imports.row(sender, found.pk, None, 3).left_out


def test_the_file_itself_never_changes(sender: Actor) -> None:
    content = sites(site("Bisie"), BAD)
    found = send(sender, "a.csv", content)
    imports.mend(sender, found.pk, [Mend(None, 4, "Country", "COD")])
    _, path = imports.original(sender, found.pk)
    assert path.read_bytes() == content
    seen = imports.row(sender, found.pk, None, 4)
    assert (seen.original[1], seen.mended[1]) == ("Atlantis", "COD")


def test_one_mended_row_does_not_put_the_whole_register_together(
    sender: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = send(sender, "a.csv", sites(*(site(f"Mine {n}", lat=-2 - n / 2) for n in range(20))))
    seen: list[set[str]] = []
    whole = engine.build

    def build(statements: list[Any]) -> Any:
        seen.append({s.subject for s in statements})
        return whole(statements)

    monkeypatch.setattr(engine, "build", build)
    imports.mend(sender, found.pk, [Mend(None, 5, "Workers", "99")])
    assert workers(sender, "Mine 2") == 99
    assert seen
    assert all(len(subjects) < 5 for subjects in seen)


def edited(content: bytes, change: Callable[[Any], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book.worksheets[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_file_of_rejected_rows_comes_back_mended(sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie"), BAD))
    _, content = imports.rejected_rows(sender, found.pk, "xlsx", "fr")

    def mend(sheet: Any) -> None:
        [cell] = [cell for row in sheet.iter_rows() for cell in row if cell.value == "Atlantis"]
        cell.value = "COD"

    imports.mended_file(sender, found.pk, "mended.xlsx", [edited(content, mend)])
    assert set(rows(sender.organisation)) == {"site:Bisie", "site:Numbi"}
    assert [one.cell for one in imports.mends(found)] == ["Country"]


def test_a_mended_file_of_another_import_is_refused(sender: Actor) -> None:
    one, other = send(sender, "a.csv", sites(site("Bisie"), BAD)), send(sender, "b.csv", sites(site("Kalimbi"), BAD))
    _, content = imports.rejected_rows(sender, one.pk, "xlsx", "en")
    for wrong, code in ((content, "corrections_of_another"), (b"no,mends\r\n", "corrections_not_ours")):
        with pytest.raises(Refusal) as refused:
            imports.mended_file(sender, other.pk, "mended.xlsx", [wrong])
        assert refused.value.text == f"problem.{code}"
    with pytest.raises(Refusal) as refused:
        imports.mended_file(sender, one.pk, "mended.xlsx", [content])
    assert refused.value.text == "wb.data.refused.nothing-mended"
    assert imports.mends(one) == imports.mends(other) == []


# -- mapping ---------------------------------------------------------------------------------------------------------


def own(*names: str, headings: str = "Mine name;Pays;Lat;Long;Minerai;Date visite") -> bytes:
    lines = [f"{name};RDC;-1.{n};28.{n};or;1{n}/03/2020" for n, name in enumerate(names, start=2)]
    return "\r\n".join([headings, *lines, ""]).encode()


def test_a_senders_columns_are_kept_and_read_their_next_file(sender: Actor) -> None:
    first = send(sender, "june.csv", own("Machin", "Truc", "Bidule"), None, sender="Coop X")
    assert first.format == ""
    proposed = imports.proposed_mapping(sender, first.pk)
    assert not proposed.kept
    imports.map_columns(sender, first.pk, to_yaml(proposed.mapping), "Coop X")
    assert imports.one(sender, first.pk).kinds == {"site": 3}
    imports.load(sender, first.pk, "stop", quiet)
    second = send(sender, "july.csv", own("Autre", "Encore"), None, sender="Coop X")
    assert (second.kinds, bool(second.compared["layout"])) == ({"site": 2}, True)
    assert send(sender, "august.csv", own("Tiers", "Quart"), None, sender="Somebody else").format == ""


def test_headings_that_came_and_went_are_named(sender: Actor) -> None:
    first = send(sender, "june.csv", own("Machin", "Truc", "Bidule"), None, sender="Coop X")
    imports.map_columns(sender, first.pk, to_yaml(imports.proposed_mapping(sender, first.pk).mapping), "Coop X")
    other = own("Autre", "Encore", headings="Mine name;Pays;Lat;Long;Produit;Date visite")
    second = send(sender, "july.csv", other, None, sender="Coop X")
    proposed = imports.proposed_mapping(sender, second.pk)
    assert proposed.kept
    assert [name for _, name in proposed.gone] == ["Minerai"]
    assert [name for _, name in proposed.come] == ["Produit"]


def test_a_mapping_that_cannot_be_used_is_refused(sender: Actor) -> None:
    found = send(sender, "june.csv", own("Machin", "Truc", "Bidule"), None)
    with pytest.raises(Refusal) as refused:
        imports.map_columns(sender, found.pk, "winze-mapping: 2", "Coop X")
    assert refused.value.text == "problem.mapping_broken"
    assert imports.one(sender, found.pk).mapping == ""


# -- jobs ------------------------------------------------------------------------------------------------------------


def test_a_large_file_is_loaded_by_a_job(sender: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    found = send(sender, "a.csv", sites(site("Bisie")), None)
    assert imports.ask_to_load(sender, found.pk, "skip", found.version_number) is None
    monkeypatch.setattr(imports, "AS_A_JOB", 10)
    job = imports.ask_to_load(sender, found.pk, "skip", found.version_number)
    assert job is not None
    assert imports.under_way(found) == job
    with pytest.raises(Stale):
        imports.ask_to_load(sender, found.pk, "skip", found.version_number)
    jobs.perform(job.pk)
    assert imports.one(sender, found.pk).state == "loaded"
    assert imports.under_way(found) is None
    jobs.perform(job.pk)  # a worker that was killed after the work and before saying so
    assert len(told(sender.organisation)) == 1


# -- what names persons ----------------------------------------------------------------------------------------------


def test_a_file_that_names_persons_opens_to_its_sender_and_those_who_see_personal_data(
    actor: Callable[[str], Actor],
) -> None:
    analyst = actor("analyst")
    found = next(one for one in imports.of(analyst) if "plan-act" in one.kinds)
    assert imports.opens(analyst, found)  # who sent it
    assert imports.opens(actor("approver"), found)  # sees personal data
    assert not imports.opens(actor("assessor"), found)
    with pytest.raises(Absent):
        imports.original(actor("assessor"), found.pk)


def test_the_opening_of_a_row_and_a_file_is_noted_once_a_day(sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie")))
    for _ in range(3):
        imports.row(sender, found.pk, None, 3)
        imports.original(sender, found.pk)
    opened = Event.objects.filter(organisation_id=sender.organisation, verb="opened")
    assert sorted(opened.values_list("subject", flat=True)) == sorted(
        [f"import:{found.pk}", f"file:{found.file.sha256}"]
    )


# -- any order of acts -----------------------------------------------------------------------------------------------

CHAIN = (
    "winze:chain/1,,,,,,,\r\nSupplier,Buyer,Mineral,Claimed origin,Route,My position,From,Until\r\n"
    "Coop Bisie,Trader One,tin ore,Bisie,,,2019-01-01,\r\nCoop Bisié SARL,Trader One,tin ore,Kalehe,,,2019-01-01,\r\n"
    "Trader One,Our Refiner,tin ore,,,buyer,2019-01-01,\r\n"
).encode()
FILES = (
    sites(site("Bisie", 50, -1.03, 27.70, "Walikale"), site("Bisié", 60, -1.031, 27.701, "Walikale"), site("Numbi")),
    sites(site("Bisie", 70, -1.03, 27.70, "Walikale"), site("Kalehe", 5, -2.4, 28.9), BAD),
    sites(site("Bisie", 70, -1.03, 27.70, "Walikale"), site("Bisie 2", 9, -1.04, 27.71, "Walikale"), site("Numbi")),
    CHAIN,
)
ACTS = st.one_of(
    st.tuples(st.just("send"), st.integers(0, len(FILES) - 1), st.sampled_from(imports.MODES)),
    st.tuples(st.just("undo"), st.integers(0, 3), st.none()),
    st.tuples(st.just("mend"), st.integers(0, 3), st.sampled_from(["COD", "RWA", "Atlantis"])),
    st.tuples(st.just("leave"), st.integers(0, 3), st.integers(3, 5)),
    st.tuples(st.just("back"), st.integers(0, 3), st.none()),
    st.tuples(st.just("judge"), st.integers(0, 9), st.sampled_from(matches.VERDICTS)),
    st.tuples(st.just("withdraw"), st.integers(0, 9), st.none()),
)


def perform(actor: Actor, act: tuple[Any, ...]) -> None:
    kind, number, value = act
    if kind == "send":
        send(actor, f"{number}.csv", FILES[number], value)
        return
    if kind in ("judge", "withdraw"):
        pairs = list(Proposal.objects.filter(organisation_id=actor.organisation).order_by("left", "right"))
        if pairs:
            pair = pairs[number % len(pairs)]
            if kind == "judge":
                matches.judge(actor, pair.pk, value, "seen both")
            else:
                matches.withdraw(actor, pair.pk, "not sure any more")
        return
    loaded = list(Import.objects.filter(organisation_id=actor.organisation).exclude(state="undone").order_by("pk"))
    if not loaded:
        return
    found = loaded[number % len(loaded)]
    if kind == "undo":
        imports.undo(actor, found.pk, "no good")
    elif kind == "mend":
        imports.mend(actor, found.pk, [Mend(None, 5, "Country", value)])
    elif kind == "leave":
        imports.mend(actor, found.pk, [Mend(None, value, leave_out=True)])
    else:
        imports.take_back(actor, found.pk, [one.pk for one in imports.mends(found)])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(ACTS, min_size=1, max_size=9))
def test_whatever_is_done_the_register_is_what_its_statements_say(sender: Actor, acts: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        for act in acts:
            before = set(Told.objects.values_list("pk", "sid", "subject"))
            try:
                with transaction.atomic():
                    perform(sender, act)
            except Refusal:
                continue
            assert before <= set(Told.objects.values_list("pk", "sid", "subject"))  # a row is only ever added
            assert standing_alone(rows(sender.organisation)) == twin(sender.organisation), act
            standing = Told.objects.filter(organisation_id=sender.organisation, gone_on=None, of__isnull=False)
            assert not standing.exclude(of__state="loaded").exists()
        built, said = register.now(sender.organisation), register.judgements(sender.organisation)
        wanted = {p.pair for p in matching.propose(built, said, rules.load(), today())}
        waiting = Proposal.objects.filter(organisation_id=sender.organisation, verdict="")
        judged = set(matching.standing(said))
        assert set(waiting.values_list("left", "right")) == wanted - judged
        for found in Import.objects.filter(organisation_id=sender.organisation).exclude(state="undone").order_by("-pk"):
            imports.undo(sender, found.pk, "all of it")
        for pair in Proposal.objects.filter(organisation_id=sender.organisation).exclude(verdict=""):
            matches.withdraw(sender, pair.pk, "all of it")
        assert rows(sender.organisation) == {}
        assert journal.verify().fault is None
        transaction.set_rollback(True)


def today() -> date:
    return datetime.now(UTC).date()


# -- real ------------------------------------------------------------------------------------------------------------


def test_the_visits_of_eastern_drc_with_what_may_be_one(sender: Actor) -> None:
    path = real("mines/ipis_drc_visits_2009_2018.csv")
    found = send(sender, path.name, path.read_bytes(), "stop", sender="IPIS")
    assert found.state == "loaded"
    assert Told.objects.filter(organisation_id=sender.organisation, gone_on=None).count() == 4445
    assert Site.objects.filter(organisation_id=sender.organisation).count() == 2671
    pair = matches.next_(sender)
    assert pair is not None
    before, visits = rows(sender.organisation), told(sender.organisation, kind="visit")
    matches.judge(sender, pair.pk, "same", "one name, one hill")
    assert rows(sender.organisation) != before
    assert told(sender.organisation, kind="visit") == visits
    matches.withdraw(sender, pair.pk, "two hills after all")
    assert rows(sender.organisation) == before
    assert told(sender.organisation, kind="visit") == visits


def test_a_judgement_keeps_the_name_of_who_judged_apart(sender: Actor) -> None:
    send(sender, "a.csv", FILES[0])
    pair = matches.next_(sender)
    assert pair is not None
    matches.judge(sender, pair.pk, "same", "seen both")
    row = Told.objects.get(organisation_id=sender.organisation, kind="judgement")
    assert "Sam Stranger" not in json.dumps(row.said)
    assert PersonalWord.objects.get(told=row).word == "Sam Stranger"
    said = json.dumps(list(Event.objects.values("subject", "why", "before", "after")), default=str)
    assert "Sam Stranger" not in said
