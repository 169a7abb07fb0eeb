"""What the packaged rules say: complete in four languages, cited, and true to the facts they were taken from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml

from winze.engine import likelihood, rules
from winze.engine.risks import ACTIONS, EVIDENCE_LEVELS, INVOLVEMENTS
from winze.engine.rules import Rule
from winze.engine.texts import LANGUAGES, catalogue

BOOK = rules.load()
DAY = date(2020, 5, 11)
LATIN_IN_CHINESE = re.compile(r"[A-Za-z]{3,}")
NAMES = re.compile(
    r"UCDP|ACLED|HAPI|HDX|IPIS|OFAC|OECD|WHO|Natural Earth|P-code|CC BY|Kufatilia|log-odds|C[5-8]", re.IGNORECASE
)


def texts(value: Any) -> Iterator[Mapping[str, str]]:
    """Every four-language text in a structure."""
    if isinstance(value, Mapping):
        if "en" in value:
            yield value
        else:
            for item in value.values():
                yield from texts(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)


def all_texts() -> list[tuple[str, Mapping[str, str]]]:
    found = [(r.id, t) for r in BOOK.rules() for t in (r.title, *texts(r.facts), *([r.note] if r.note else []))]
    for card in BOOK.sources.values():
        found += [(card.id, t) for t in (card.title, card.time, *card.warts)]
        found += [(card.id, step.meaning) for step in card.place_precision.values()]
    return found


def the(id: str) -> Rule:
    return BOOK.rule(id)


def value(id: str, name: str, day: date = DAY) -> float:
    return BOOK.figure(id, name, day).value


# -- form -------------------------------------------------------------------------------------------------------------


def test_the_packaged_rules_have_no_problem() -> None:
    assert rules.check() == []


def test_there_is_a_rule_of_every_kind_in_use() -> None:
    used = {rule.kind for rule in BOOK.rules()}
    assert used == set(rules.KINDS)


def test_every_text_is_given_in_four_languages_and_translated() -> None:
    for id, text in all_texts():
        assert set(text) == set(LANGUAGES), id
        if len(text["en"]) > 20:
            assert len(set(text.values())) == 4, (id, text["en"])


def test_chinese_texts_are_chinese() -> None:
    for id, text in all_texts():
        chinese = text["zh-hans"]
        assert re.search(r"[一-鿿]", chinese), id
        assert not LATIN_IN_CHINESE.search(NAMES.sub("", chinese)), (id, chinese)
        assert not re.search(r"[們國礦險為這個與對於時開關據評]", chinese), (id, "traditional characters")


def test_no_text_uses_a_word_the_house_does_not_use() -> None:
    for id, text in all_texts():
        assert not re.search(r"\b(scores?|AI|insights?|compliance level|safe)\b", text["en"]), (id, text["en"])


def test_every_citation_resolves_and_every_document_is_cited_or_stands_by_a_rule() -> None:
    cited = {citation.document for rule in BOOK.rules() for citation in rule.cites}
    assert cited <= set(BOOK.documents)
    unused = set(BOOK.documents) - cited
    assert unused <= {"oecd-ddg-2012", "oecd-covid-2021", "oecd-forum-2021", "planetgold-2020-04", "ucdp-ged-codebook",
                      "acled-codebook", "stoop-2019"}, unused  # fmt: skip


def test_what_rests_on_our_own_decision_alone_is_never_confirmed_but_as_a_decision_of_act_or_order() -> None:
    ours = [r for r in BOOK.rules() if all(c.document.startswith("winze-") for c in r.cites)]
    assert {r.id for r in ours if r.confirmed} == {"response/watch"}


def test_a_rule_is_not_confirmed_where_none_of_its_documents_was_read() -> None:
    for rule in BOOK.rules():
        if rule.confirmed:
            assert any(BOOK.document(c.document).seen != "none" for c in rule.cites), rule.id


def test_every_figure_has_a_name_in_the_texts() -> None:
    names = {name for rule in BOOK.rules() for name in rule.figures}
    named = {text.removeprefix("rules.figure.") for text in catalogue() if text.startswith("rules.figure.")}
    assert names == named


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_can_be_shown(language: str) -> None:
    for rule in BOOK.rules():
        text = BOOK.show(rule.id, language, DAY)
        assert rule.id in text and rule.title[language] in text
        for name in rule.figures:
            assert f"({name})" in text
        assert "{" not in text and "None" not in text, text
    assert len(BOOK.as_table(language)) == len(BOOK.rules())


# -- Annex II ---------------------------------------------------------------------------------------------------------

CATEGORIES = [the(f"annex-ii/{letter}") for letter in "abcdef"]
PARAGRAPHS = {"A": "1-2", "B": "3-4", "C": "5-10", "D": "11", "E": "12", "F": "13"}


def test_the_categories_of_annex_ii_are_six_in_order_with_their_paragraphs() -> None:
    assert tuple(BOOK.rules("category")) == tuple(CATEGORIES)
    assert [c.facts["code"] for c in CATEGORIES] == list("ABCDEF")
    assert [c.facts["order"] for c in CATEGORIES] == [1, 2, 3, 4, 5, 6]
    assert {c.facts["code"]: c.cites[0].paragraph for c in CATEGORIES} == PARAGRAPHS
    for category in CATEGORIES[3:]:
        assert "14" in [cite.paragraph for cite in category.cites]


def test_paragraph_numbers_a_reader_gave_are_marked_unconfirmed() -> None:
    assert not any(category.confirmed for category in CATEGORIES)


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda c: c.id)
def test_each_category_has_contents_a_response_and_a_clock(category: Rule) -> None:
    facts = category.facts
    assert facts["contents"] and set(facts["response"]) == set(facts["clock"]) == set(LANGUAGES)
    assert facts["action"] in ACTIONS and the(f"response/{facts['action']}")
    assert category.figures


def test_serious_abuses_and_armed_groups_ask_for_an_immediate_stop_and_allow_no_trade_meanwhile() -> None:
    for category in CATEGORIES[:2]:
        assert category.facts["action"] == "suspend-or-discontinue"
        assert category.facts["may_continue_while_mitigating"] is False
        figure = BOOK.figure(category.id, "respond_within_days", DAY)
        assert (figure.value, figure.unit, figure.confirmed) == (0, "days", True)
        assert "clock_months" not in category.figures


def test_security_forces_have_a_plan_at_once_six_months_and_three_of_stop() -> None:
    c = "annex-ii/c"
    assert the(c).facts["action"] == "adopt-plan"
    assert value(c, "plan_within_days") == 0
    months = BOOK.figure(c, "clock_months", DAY)
    assert (months.value, months.unit, months.since, months.confirmed) == (6, "months", date(2016, 4, 6), True)
    assert value(c, "clock_days") == 180
    stop = BOOK.figure(c, "stop_months", DAY)
    assert (stop.value, stop.unit, stop.confirmed) == (3, "months", False)


def test_180_days_are_never_more_than_six_months() -> None:
    for month in range(1, 13):
        later = date(2020 + (month + 6 > 12), (month + 5) % 12 + 1, 1)
        assert (later - date(2020, month, 1)).days >= value("annex-ii/c", "clock_days")


@pytest.mark.parametrize("letter", "def")
def test_bribery_laundering_and_taxes_take_measurable_steps_and_their_months_are_to_be_confirmed(letter: str) -> None:
    id = f"annex-ii/{letter}"
    assert the(id).facts["action"] == "mitigate" and the(id).facts["may_continue_while_mitigating"] is True
    for name, months in (("clock_months", 6), ("stop_months", 3)):
        figure = BOOK.figure(id, name, DAY)
        assert (figure.value, figure.confirmed) == (months, False)


def test_the_figures_of_the_guidance_were_not_in_force_before_it() -> None:
    with pytest.raises(KeyError):
        BOOK.figure("annex-ii/c", "clock_months", date(2011, 5, 24))


# -- kinds of risk ----------------------------------------------------------------------------------------------------


def test_each_kind_of_risk_stands_under_one_category_and_each_category_lists_its_kinds() -> None:
    listed = {kind: c.facts["code"] for c in CATEGORIES for kind in c.facts["risk_kinds"]}
    given = {r.id.removeprefix("risk-kind/"): r.facts["annex_ii"] for r in BOOK.rules("risk-kind")}
    assert listed == given
    assert sum(len(c.facts["risk_kinds"]) for c in CATEGORIES) == len(given)


@pytest.mark.parametrize(
    ("kind", "letter"),
    [
        ("non-state-armed-interference", "B"),
        ("state-forces-interference", "C"),
        ("forced-labour", "A"),
        ("worst-forms-of-child-labour", "A"),
        ("serious-abuse", "A"),
        ("misrepresented-origin", "D"),
        ("bribery", "D"),
        ("money-laundering", "E"),
        ("sanctioned-party", "E"),
        ("unpaid-taxes", "F"),
    ],
)
def test_the_kinds_of_the_contract_are_there(kind: str, letter: str) -> None:
    assert the(f"risk-kind/{kind}").facts["annex_ii"] == letter


def test_severity_parts_are_on_the_scale_or_unknown_and_scope_is_never_given_by_the_kind() -> None:
    for rule in BOOK.rules("risk-kind"):
        facts = rule.facts
        assert facts["basis"] == "expert" and not rule.confirmed
        assert facts["scope"] is None
        assert facts["scale"] in range(1, 6) and facts["irremediability"] in range(1, 6)


def test_a_graver_category_has_no_graver_kind_below_it() -> None:
    gravest = [max(the(f"risk-kind/{k}").facts["scale"] for k in c.facts["risk_kinds"]) for c in CATEGORIES]
    assert gravest == sorted(gravest, reverse=True)


def test_a_child_seen_is_an_indicator_to_verify() -> None:
    note = the("risk-kind/worst-forms-of-child-labour").note
    assert note is not None and "indicator to verify" in note["en"] and "under 18" in note["en"]


def test_the_law_of_a_sanctions_list_comes_first() -> None:
    rule = the("risk-kind/sanctioned-party")
    assert rule.facts["law_first"] is True and rule.note is not None and "at once" in rule.note["en"]


# -- the other closed lists -------------------------------------------------------------------------------------------


def ordered(kind: str) -> list[str]:
    found = sorted(BOOK.rules(kind), key=lambda rule: rule.facts["order"])
    return [rule.id.partition("/")[2] for rule in found]


def test_evidence_levels_involvement_and_responses_are_the_closed_lists_of_the_engine_in_order() -> None:
    assert tuple(ordered("evidence")) == EVIDENCE_LEVELS
    assert tuple(ordered("involvement")) == INVOLVEMENTS
    assert tuple(ordered("response")) == ACTIONS


def test_scales_have_five_steps_with_words() -> None:
    for part in ("scale", "scope", "irremediability"):
        assert list(the(f"prioritisation/{part}").facts["steps"]) == [1, 2, 3, 4, 5]


def test_risks_are_ordered_by_class_then_severity_then_likelihood() -> None:
    order = the("prioritisation/order").facts["order"]
    assert [step["id"] for step in order] == ["annex-ii-class", "severity", "likelihood"]


def test_the_five_steps_and_their_parts_are_there() -> None:
    for step in "12345":
        assert the(f"step/{step}").kind == "step"
    parts = [part for step in "123" for part in the(f"step/{step}").facts["parts"]]
    assert parts == [f"step/{p}" for p in ("1a", "1b", "1c", "1d", "1e", "2a", "2b", "2c", "3a", "3b", "3c", "3d")]
    assert all(the(part) for part in parts)
    assert value("step/1c", "record_years") == 5


def test_downstream_step_2_begins_with_the_smelters_and_ends_with_spot_checks() -> None:
    order = [step["id"] for step in the("step/2-downstream").facts["order"]]
    assert order == ["identify-smelters", "scope", "assess-due-diligence", "spot-checks"]


def test_every_red_flag_says_what_it_needs() -> None:
    flags = BOOK.rules("red-flag")
    assert [f.id.partition("/")[2] for f in flags] == ["l1", "l2", "l3", "l4", "aggravator", "s1", "s2", "c1"]
    for flag in flags:
        assert flag.facts["needs"] and all(set(need) == {"id", "title"} for need in flag.facts["needs"])
    assert {f.id.partition("/")[2] for f in flags if f.confirmed} == {"l1", "l2", "l3"}


def test_the_supplier_flag_looks_back_twelve_months() -> None:
    figure = BOOK.figure("red-flag/s2", "months", DAY)
    assert (figure.value, figure.unit) == (12, "months")


# -- shocks, signals, likelihood --------------------------------------------------------------------------------------

SIGNALS = [
    "gate-ratio",
    "spot-move",
    "closure-overrun",
    "closure",
    "capacity-at-risk",
    "buyer-collapse",
    "export-over-production",
    "presence-fall",
    "restriction",
    "policy-hint",
    "armed-presence",
    "interference",
    "conflict-near",
    "screening",
    "baseline",
    "household-stress",
    "child-labour-watch",
]
PRESSURES = ["rapacity", "desperation", "lootability", "displacement", "alternatives"]


def test_the_signals_are_there_by_name() -> None:
    ids = {rule.id for rule in BOOK.rules("signal")}
    assert ids == {f"signal/{name}" for name in SIGNALS} | {f"pressure/{name}" for name in PRESSURES}


def test_shocks_name_only_signals_that_exist() -> None:
    for shock in BOOK.rules("shock"):
        assert all(the(signal).kind == "signal" for signal in shock.facts["shown_by"]), shock.id
        assert shock.facts["touches"]


@pytest.mark.parametrize(
    ("rule", "name", "expected"),
    [
        ("signal/gate-ratio", "baseline_fall_points", 10),
        ("signal/gate-ratio", "floor_percent", 70),
        ("signal/export-over-production", "ratio", 1),
        ("pressure/rapacity", "lsm_multiplier", 3),
        ("pressure/displacement", "displacement_weight", 0.44),
    ],
)
def test_thresholds_of_the_requirements(rule: str, name: str, expected: float) -> None:
    assert value(rule, name) == expected


def test_the_golden_facts_of_2020_cross_the_thresholds() -> None:
    assert value("signal/gate-ratio", "baseline_fall_points") <= 94 - 54.5
    critical, warn = (value("signal/buyer-collapse", name) for name in ("critical_percent", "warn_percent"))
    assert 100 * 6 / 85 <= critical < warn
    assert value("signal/export-over-production", "ratio") < min(30.6 / 7.1557, 73 / 60)
    assert value("signal/capacity-at-risk", "warn_percent") <= 39.4
    assert value("pressure/desperation", "raised_at_percent") <= 20


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("signal/gate-ratio", ("83.1%", "83.8%", "94%")),
        ("signal/closure-overrun", ("23 March 2020", "7 April", "5,000")),
        ("signal/capacity-at-risk", ("39.4%", "334,400")),
        ("signal/buyer-collapse", ("79 of 85", "7%")),
        ("signal/export-over-production", ("30.6", "7.1557", "4.28", "1.22")),
        ("signal/closure", ("20 March 2020", "6 April")),
        ("pressure/lootability", ("13%", "40%", "15%", "380")),
        ("pressure/displacement", ("44%",)),
        ("shock/conflict", ("22 serious incidents",)),
        ("shock/demand-stop", ("+44%", "+51%", "+28%", "+143%")),
    ],
)
def test_golden_facts_stand_in_the_notes(rule: str, words: tuple[str, ...]) -> None:
    note = the(rule).note
    assert note is not None
    for word in words:
        assert word in note["en"], (rule, word)


def numbers(text: str) -> list[str]:
    """The figures of a sentence, whatever the language's marks for thousands and decimals; dates and powers aside."""
    joined = re.sub(r"(?<=\d)[ \u00a0\u202f.,](?=\d{3}(?!\d))", "", text)
    return sorted(re.findall(r"\d+(?:[.,]\d+)?", joined.replace(",", ".")))


def test_figures_are_the_same_in_french_spanish_and_english() -> None:
    for id, text in all_texts():
        english = [n for n in numbers(text["en"]) if float(n) > 31]
        for language in ("fr", "es"):
            there = [n for n in numbers(text[language]) if float(n) > 31]
            assert there == english, (id, language, english, there)


def test_thresholds_of_our_own_are_unconfirmed_and_hold_on_any_day_looked_at() -> None:
    for rule in BOOK.rules():
        if rule.kind not in ("signal", "likelihood", "decay"):
            continue
        for name, series in rule.figures.items():
            assert not any(dated.confirmed for dated in series.values), (rule.id, name)
            assert BOOK.figure(rule.id, name, date(2009, 1, 1)).value == BOOK.figure(rule.id, name, DAY).value


@pytest.mark.parametrize("target", [*likelihood.FORCES, *likelihood.EXPERT.values()])
def test_a_likelihood_rule_has_every_weight_of_an_expert_and_no_other(target: str) -> None:
    rule = the(f"likelihood/{target}")
    model = likelihood.Model.expert(rule.id, BOOK, DAY)
    assert model.basis == "expert" and set(model.weights) == set(likelihood.SPEAKING)
    numbers = {"base_log_odds", "sharpness", "prior_yes", "prior_no", "conflict_weight", "conflict_typical", "spread",
               "spread_after_a_year"}  # fmt: skip
    scales = {f"{name}_{of}" for name in ("here", "around") for of in ("km", "days", "weight")}
    kinds = {f"weight_{name.replace('-', '_')}" for name in likelihood.SPEAKING}
    assert set(rule.figures) == numbers | scales | kinds


def test_what_is_dated_by_its_year_or_month_is_known_on_the_last_day() -> None:
    assert dict(the("source-precision/time").facts["known_on"])["year"]["en"] == "31 December of that year"
    assert the("source-precision/place").confirmed is False


def test_evidence_ages_by_a_half_life_for_each_kind_of_source() -> None:
    assert {rule.id for rule in BOOK.rules("decay")} >= {"decay/visit", "decay/incident", "decay/status"}
    for rule in BOOK.rules("decay"):
        assert value(rule.id, "half_life_days") > 0


# -- sources ----------------------------------------------------------------------------------------------------------

CARDS = [
    "ipis-visits",
    "acled-events",
    "acled-hdx-month",
    "ucdp-ged",
    "hdx-hapi-conflict",
    "oxcgrt",
    "owid-covid",
    "who-covid",
    "worldbank-cmo",
    "imf-pcps",
    "gold-monthly",
    "un-sc-list",
    "ofac-sdn",
    "eu-1183",
    "who-health-sites",
    "ocha-pcodes",
    "outlines",
    "user",
]


def test_the_source_cards_are_there_by_name() -> None:
    assert list(BOOK.sources) == CARDS


def test_acled_rows_are_never_passed_on_and_ucdp_rows_may_be() -> None:
    for id in ("acled-events", "acled-hdx-month", "hdx-hapi-conflict"):
        assert BOOK.source(id).may_republish is False and "ACLED" in BOOK.source(id).attribution
    assert BOOK.source("ucdp-ged").may_republish is True


def test_a_policy_index_supports_no_more_than_an_allegation() -> None:
    assert BOOK.source("oxcgrt").evidence == "allegation"
    assert BOOK.source("ipis-visits").evidence == "reasonable-risk"


def test_place_precision_says_the_same_as_the_readers() -> None:
    lookups = files("winze.formats") / "lookups"
    conflict = yaml.safe_load((lookups / "conflict.yaml").read_text(encoding="utf-8"))["within_km"]
    for dataset, card in (("ucdp-ged", "ucdp-ged"), ("acled", "acled-events")):
        ours = {int(step): p.within_km for step, p in BOOK.source(card).place_precision.items()}
        assert ours == {step: entry["km"] for step, entry in conflict[dataset].items()}
    ipis = dict(yaml.safe_load((lookups / "ipis.yaml").read_text(encoding="utf-8"))["within_km"])
    assert {step: p.within_km for step, p in BOOK.source("ipis-visits").place_precision.items()}.items() <= ipis.items()
    assert BOOK.source("ucdp-ged").place_precision["2"].within_km == 25


def test_each_pressure_names_the_studies_that_find_an_effect_and_those_that_find_none() -> None:
    for name in ("rapacity", "desperation"):
        cited = {cite.document for cite in the(f"pressure/{name}").cites}
        assert {"blair-2021", "bazzi-blattman-2011"} <= cited and the(f"pressure/{name}").facts[
            "standing"
        ] == "contested"
    assert {"rigterink-2024", "stoop-2019"} <= {cite.document for cite in the("pressure/rapacity").cites}


def test_whatever_can_be_displaced_or_taken_has_a_word_in_the_catalogue() -> None:
    named = {*the("pressure/lootability").facts["minerals"], *the("pressure/displacement").facts["from"]}
    assert {f"term.mineral.{mineral}" for mineral in named} <= set(catalogue())
    assert set(the("pressure/lootability").facts["minerals"].values()) == {"taxed-at-pit", "concealable"}
