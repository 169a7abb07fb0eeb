"""What holds for every signal: purity, order, time, reasons and sentences."""

import random
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import BOOK, EMPTY, FIGURES, actor, count, day, fact, node, price, quote, say, signals, supply, visit

import winze.engine.signals as engine
from winze.engine import rules
from winze.engine.records import ConflictEvent, LegalAct, Listing, Origin, Place, Point, PolicyDay, Statement, in_year
from winze.engine.register import build
from winze.engine.signals import detect

from winze.engine.texts import LANGUAGES, catalogue, say as sentence  # isort: skip

AS_OF = day("2020-05-11")


def everything() -> list[Statement]:
    """A small case in which every detector has something to say."""
    event = ConflictEvent("ucdp-ged", "1", "state-based", "COD", None, None, Point(1, 30, 1.0), 1, "A", "B", 0, 1, 2)
    return [
        say("area:CD5402", Place("CD5402", "Djugu", 2, "CD54", "COD"), "2010-01-01"),
        visit(
            "m",
            "2020-02-01",
            actors=(actor("non-state", "taxation"),),
            armed_presence=True,
            interference=True,
            workers=50,
        ),
        visit("n", "2018-02-01", armed_presence=True, interference=True, contradictory=True, actors=(actor("state"),)),
        visit("n", "2018-06-01", manner="third-party", armed_presence=True),
        visit("o", "2018-02-01", manner="not-reached", not_reached_for="insecurity", minerals=("coltan",)),
        visit("p", "2018-07-01", armed_presence=False, minerals=("gold", "cassiterite")),
        *(count("area:CD5402", 2019 + (m > 12), (m - 1) % 12 + 1, m) for m in range(5, 17)),
        *(count("area:CD5402", 2018, m, 1) for m in range(1, 13)),
        say("country:COD", event, "2020-03-01", "ucdp-ged"),
        *(price("gold", 2020, m, str(40 + 5 * m)) for m in range(1, 6)),
        price("gold", 2019, 4, "40"),
        quote("2020-01-15", "40", "area:Djugu"),
        quote("2020-04-15", "20", "area:Djugu"),
        quote("2020-05-05", "30", "area:Djugu", fineness=None, row=3),
        quote("2020-05-06", "1150", "country:BFA", currency="XOF", unit="carat-gold", fx=None, spot=Decimal("2.28")),
        fact("country:BFA", "mine-gate-to-spot", "79", "2020-04-25", "percent", "gold"),
        fact("area:Djugu", "food-price-change", "30", "2020-04-30", "percent"),
        fact("area:Djugu", "buyers-registered", "85", "2020-04-22", "count"),
        fact("area:Djugu", "buyers-active", "6", "2020-04-22", "count"),
        fact("area:Djugu", "visits-made", "40", in_year(2018), "count"),
        fact("area:Djugu", "incidents", "20", in_year(2018), "count"),
        fact("area:Djugu", "visits-made", "20", in_year(2019), "count"),
        fact("area:Djugu", "incidents", "10", in_year(2019), "count"),
        fact("area:Djugu", "exports", "30", in_year(2019), "kilogram", "gold"),
        fact("area:Djugu", "production", "7", in_year(2019), "kilogram", "gold"),
        fact("node:MSC", "capacity-share", "7", in_year(2019), "percent", "tin"),
        fact("world:all", "capacity-down", "39.4", "2020-04-15", "percent", "tin"),
        node("MSC", "smelter", "closed", "2020-03-25"),
        node("m", "mine", "closed", "2020-03-23", until="2020-04-05", review="2020-04-01", subject="site:m"),
        node("Gatumba", "border", "open", "2020-04-01", source="a"),
        node("Gatumba", "border", "closed", "2020-04-01", source="b"),
        say(
            "country:COD",
            LegalAct(("travel-in",), ("mining",), None, day("2020-04-24"), "20/014", "gazette", True),
            "2020-03-24",
        ),
        say("area:Djugu", LegalAct(("gatherings",), (), day("2020-12-31"), None, None, None, False), "2020-04-01"),
        say("area:Djugu", LegalAct(("trade",), (), day("2020-04-02"), None, "7", "x", True), "2020-04-01"),
        say("country:COD", PolicyDay("COD", None, (("C7", 2.0, False), ("C6", 1.0, None)), 80.0), "2020-05-10"),
        say(
            "listing:UN/1", Listing("UN", "1", "organisation", "Machanga Ltd", (), (), None, None, (), ()), "2007-03-29"
        ),
        say(
            "listing:UN/2",
            Listing("UN", "2", "organisation", "Coop", (), ("Comptoir",), None, None, (), ()),
            "1800-01-01",
        ),
        supply("Coop", "Comptoir", origin="m"),
        supply("Machanga Limited", "Comptoir", "coltan", origin="p"),
        supply("Comptoir", "Me", mine="buyer"),
    ]


def near(told: list[Statement]) -> engine.Near:
    return {"site:m": tuple((s, 5.0) for s in told if s.kind == "conflict-event")}


def found(told: list[Statement], order: list[Statement] | None = None):
    known = [s for s in told if s.known(AS_OF)]
    return detect(order or told, build(known), BOOK, AS_OF, near=near(told))


def test_the_case_makes_every_kind_of_signal_speak():
    kinds = {signal.kind for signal in found(everything())}
    titles = {name.removeprefix("signal.") for name in catalogue() if name.startswith("signal.")}
    assert kinds == titles


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_statements_changes_nothing(rng):
    told = everything()
    shuffled = told[:]
    rng.shuffle(shuffled)
    register = build([s for s in shuffled if s.known(AS_OF)])
    assert detect(shuffled, register, BOOK, AS_OF, near=near(shuffled)) == found(told)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 900), st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_statements_that_become_known_after_the_day_change_nothing(days, picked):
    told = everything()
    shift = timedelta(days=days)
    later = [_later(told[i % len(told)], shift) for i in picked]
    assert all(not s.known(AS_OF) for s in later)
    assert found([*told, *later]) == found(told)


def _later(s: Statement, shift: timedelta) -> Statement:
    """The same said of a day after the day of the run."""
    start = AS_OF + shift
    return say(s.subject, s.said, start.isoformat(), s.source, published_on=s.published_on)


def test_a_figure_published_only_after_the_day_changes_nothing():
    told = everything()
    late = [say(s.subject, s.said, s.speaks_of, s.source, published_on=day("2020-06-01")) for s in told]
    assert detect(late, EMPTY, BOOK, AS_OF) == detect([], EMPTY, BOOK, AS_OF)


def test_the_same_statements_read_from_a_second_file_change_nothing():
    told = everything()
    again = [say(s.subject, s.said, s.speaks_of, s.source, row=500 + i) for i, s in enumerate(told)]
    register = build(told)
    assert detect([*told, *again], register, BOOK, AS_OF, near=near(told)) == detect(
        told, register, BOOK, AS_OF, near=near(told)
    )


def test_signals_are_sorted_and_each_has_its_own_id():
    made = found(everything())
    keys = [(s.kind, s.subject) for s in made]
    assert keys == sorted(keys) and len({s.id for s in made}) == len(made)


def test_what_cannot_be_evaluated_names_what_is_missing_and_nothing_else_does():
    for signal in found(everything()):
        assert signal.state in ("raised", "clear", "cannot-evaluate")
        assert bool(signal.missing) == (signal.state == "cannot-evaluate"), signal.id


def test_whatever_is_raised_rests_on_a_statement_that_was_told():
    told = {s.id: s for s in everything()}
    for signal in found(everything()):
        cited = [r for r in signal.because if r.statement is not None]
        assert signal.state != "raised" or cited, signal.id
        assert all(r.statement in told and isinstance(r.origin, Origin) for r in cited), signal.id
        assert all(r.rule for r in signal.because), signal.id


def test_each_signal_bears_on_its_own_subject_first():
    for signal in found(everything()):
        if not signal.subject.startswith("link:"):
            assert signal.touches[0] == signal.subject.partition("#")[0], signal.id


def test_a_rule_that_is_not_in_force_decides_nothing_says_so_and_stops_no_other():
    class Ended:
        def figure(self, rule, name, day, /):
            if rule == "signal/gate-ratio":
                raise KeyError(f"{name} is not in force")
            return BOOK.figure(rule, name, day)

        def rule(self, rule, /):
            return BOOK.rule(rule)

    told = everything()
    kept = detect(told, build(told), Ended(), AS_OF, near=near(told))
    assert [s for s in kept if s.kind != "gate-ratio"] == [s for s in found(told) if s.kind != "gate-ratio"]
    (ended,) = (s for s in kept if s.kind == "gate-ratio")
    assert (ended.state, ended.rule, ended.missing) == (
        "cannot-evaluate", "signal/gate-ratio", ("missing.rule-in-force",),
    )  # fmt: skip


def test_with_no_rule_in_force_every_kind_of_signal_says_that_it_cannot_be_evaluated():
    class Nothing:
        def figure(self, rule, name, day, /):
            raise KeyError(name)

        def rule(self, rule, /):
            return BOOK.rule(rule)

    told = everything()
    states = {s.kind: s.state for s in detect(told, build(told), Nothing(), AS_OF, near=near(told))}
    by_figure = {s.kind for s in found(told)} - {"restriction", "closure", "closure-overrun"}
    assert {states[kind] for kind in by_figure} == {"cannot-evaluate"}


def test_a_signal_of_a_whole_country_names_the_sites_of_the_chain_and_not_all_there_are():
    act = next(s for s in found(everything()) if s.id == "restriction/country:COD#20/014")
    assert act.touches == ("country:COD", "site:m", "site:p")


def test_an_empty_case_signals_nothing():
    assert detect([], EMPTY, BOOK, AS_OF) == ()


def test_each_reason_reads_as_a_sentence_in_four_languages():
    texts = catalogue()
    for signal in found(everything()):
        for reason in signal.because:
            for language in LANGUAGES:
                filled = {}
                for name, value in reason.values:
                    if isinstance(value, str) and value.startswith("@"):
                        assert f"term.{value[1:]}" in texts, value
                        value = texts[f"term.{value[1:]}"][language]
                    assert value is not None, (reason.text, name)
                    filled[name] = value
                assert "{" not in sentence(reason.text, language, **filled)
        assert all(name in texts for name in signal.missing), signal.missing


# -- the sentences themselves

FILE = Path(engine.__file__).parents[1] / "rules" / "texts" / "signals.yaml"
TEXTS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CODE = "".join(p.read_text(encoding="utf-8") for p in sorted(Path(engine.__file__).parent.glob("*.py")))


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_each_text_stands_in_four_languages_with_the_same_values(name):
    entry = TEXTS[name]
    assert set(entry) == set(LANGUAGES) and all(entry[language].strip() for language in LANGUAGES)
    assert len({frozenset(re.findall(r"{(\w+)}", entry[language])) for language in LANGUAGES}) == 1


def test_chinese_has_no_english_left_over():
    kept = r"ACLED|UCDP GED"
    for name, entry in TEXTS.items():
        bare = re.sub(kept, "", re.sub(r"{\w+}", "", entry["zh-hans"]))
        assert not re.search(r"[A-Za-z]{2,}", bare), name


def test_no_text_claims_what_we_may_not():
    banned = re.compile(r"\b(score|AI|insight|compliance level|safe|green)\b")
    assert not [name for name, entry in TEXTS.items() if banned.search(entry["en"])]


def test_every_message_the_code_names_is_written_and_every_written_one_is_used():
    written = {n for n in catalogue() if n.startswith(("reason.", "missing."))}
    named = set(re.findall(r'"((?:reason|missing)\.[a-z0-9-]+)"', CODE))
    assert named <= written
    made = {f"reason.match-{grade}" for grade in ("exact", "strong", "weak-alias")}
    made |= {f"reason.{gap}-unknown" for gap in ("fx", "spot", "unit")}
    assert {n for n in TEXTS if n.startswith(("reason.", "missing."))} <= named | made


def test_a_shuffled_case_really_is_shuffled():
    told = everything()
    mixed = told[:]
    random.Random(1).shuffle(mixed)
    assert mixed != told and signals(mixed, "2020-05-11").keys() == signals(told, "2020-05-11").keys()


def test_every_figure_the_detectors_ask_for_stands_in_the_rulebook_and_every_rule_they_name():
    book = rules.load()
    for (rule, name), value in FIGURES.items():
        assert isinstance(value, int | float) and book.figure(rule, name, AS_OF).value > 0, (rule, name)
    assert set(book.rule("signal/policy-hint").facts["codes"]) == {"C5", "C6", "C7", "C8"}
    for signal in found(everything()):
        assert book.rule(signal.rule).id == signal.rule
        assert all(book.rule(reason.rule) for reason in signal.because)


def test_the_golden_facts_hold_under_the_rulebooks_own_figures():
    told = everything()
    made = {s.id: s for s in detect(told, build(told), rules.load(), AS_OF, near=near(told))}
    assert made["buyer-collapse/area:CD5402"].level == "critical"
    assert made["capacity-at-risk/commodity:tin"].state == "raised"
    assert made["export-over-production/area:CD5402#gold"].state == "raised"
    assert made["presence-fall/area:CD5402"].state == "raised"
