"""Every sentence exists in four languages with the same values to fill in, and the rules' titles too."""

import re
import string

import pytest

from winze.engine import rules
from winze.engine.problems import Severity
from winze.engine.texts import LANGUAGES, catalogue, severities

TEXTS = catalogue()
FORBIDDEN = re.compile(r"\b(score|AI|insight|compliance level)\b")
NAMES_IN_LATIN = re.compile(
    r"[A-Za-z][A-Za-z0-9'’._-]*(?: [A-Za-z][A-Za-z0-9'’._-]*){4,}",
)


def blanks(text):
    return {field.split("!")[0].split(":")[0] for _, field, _, _ in string.Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_text_has_four_languages_with_the_same_blanks(name):
    entry = TEXTS[name]
    assert set(LANGUAGES) <= set(entry), name
    assert set(entry) - set(LANGUAGES) <= {"severity"}, name
    assert all(entry[language].strip() for language in LANGUAGES)
    assert len({frozenset(blanks(entry[language])) for language in LANGUAGES}) == 1, name


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_chinese_is_chinese_and_no_forbidden_word_is_used(name):
    entry = TEXTS[name]
    if len(entry["en"]) > 25:
        assert re.search(r"[\u4e00-\u9fff]", entry["zh-hans"]), name
        assert not NAMES_IN_LATIN.search(re.sub(r"\{.*?\}|`.*?`", "", entry["zh-hans"])), name
    assert not FORBIDDEN.search(entry["en"]), name


def test_every_problem_has_a_severity_and_a_hint():
    codes = {name.removeprefix("problem.") for name in TEXTS if name.startswith("problem.")}
    hints = {name.removeprefix("hint.") for name in TEXTS if name.startswith("hint.")}
    assert codes == hints == set(severities())
    assert set(severities().values()) == set(Severity)


def test_every_rule_kind_signal_action_and_level_has_a_word():
    book = rules.load()
    from winze.engine.risks import ACTIONS, BASES, EVIDENCE_LEVELS, INVOLVEMENTS

    wanted = {f"term.action.{a}" for a in ACTIONS} | {f"term.basis.{b}" for b in BASES}
    wanted |= {f"term.evidence.{e}" for e in (*EVIDENCE_LEVELS, "none")}
    wanted |= {f"term.involvement.{i}" for i in INVOLVEMENTS}
    wanted |= {f"term.risk.{rule.id.removeprefix('risk-kind/')}" for rule in book.rules("risk-kind")}
    assert wanted <= set(TEXTS)


def test_titles_of_rules_are_in_four_languages():
    for rule in rules.load().rules():
        assert set(LANGUAGES) == set(rule.title), rule.id
