"""The loader: what it reads, and that it refuses everything else by rule, file and line."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winze.engine import rules, workflow_form
from winze.engine.rules import Dated, Rulebook, RuleProblem, RulesError, Series
from winze.engine.texts import LANGUAGES, catalogue

DOCUMENTS = """\
- id: guide
  title: A guide
  issuer: OECD
  issued: 2016-04
  url: https://example.org/guide
  language: en
  type: guidance
  licence: cited
  seen: part
  reviewed: 2026-01-31
"""
FOUR = "{en: One, fr: Un, es: Uno, zh-hans: 一}"
SOURCES = f"""\
- id: somebody
  publisher: Somebody
  title: {FOUR}
  licence: none
  attribution: Somebody
  may_republish: false
  url: null
  evidence: plausible
  data_class: public
  place_precision:
    1: {{within_km: 2.5, meaning: {FOUR}}}
    2: {{within_km: null, meaning: {FOUR}}}
  time: {FOUR}
  warts: [{FOUR}]
  confirmed: true
  reviewed: 2026-01-31
"""
RULE = f"""\
# the first line is a comment
- id: thing/one
  kind: signal
  title: {FOUR}
  cites: [{{document: guide, section: Annex II, paragraph: "1-2"}}]
  confirmed: false
  reviewed: 2026-01-31
  figures:
    limit:
      unit: days
      values:
        2016-04-06: {{value: 180, confirmed: true}}
        2020-03-20: {{value: 360.5, confirmed: false}}
        2021-01-01: null
  facts: {{many: [1, two], title: {FOUR}, day: 2020-05-01}}
"""


def folder(at: Path, rule: str = RULE, documents: str = DOCUMENTS, sources: str = SOURCES, **more: str) -> Path:
    (at / "oecd").mkdir(parents=True, exist_ok=True)
    files = {"oecd/one.yaml": rule, "documents.yaml": documents, "sources.yaml": sources, **more}
    for name, text in files.items():
        (at / name).parent.mkdir(exist_ok=True)
        (at / name).write_text(text, encoding="utf-8")
    return at


def said(problems: list[RuleProblem]) -> list[tuple[str, int, str | None, str]]:
    return [(p.file, p.line, p.rule, p.code) for p in problems]


# -- what is read -----------------------------------------------------------------------------------------------------


def test_a_rule_is_read_with_its_citation_figures_and_facts(tmp_path: Path) -> None:
    book = rules.load(folder(tmp_path))
    rule = book.rule("thing/one")
    assert (rule.kind, rule.title["zh-hans"], rule.confirmed, rule.reviewed) == (
        "signal",
        "一",
        False,
        date(2026, 1, 31),
    )
    assert rule.cites == (rules.Citation("guide", "Annex II", "1-2"),)
    assert (rule.file, rule.line) == ("oecd/one.yaml", 2)
    assert rule.facts["many"] == (1, "two") and rule.facts["day"] == date(2020, 5, 1)
    assert rule.facts["title"]["fr"] == "Un"
    assert rule.note is None and rule.checked_by is None
    assert book.rules("signal") == (rule,) and book.rules("decay") == () and book.rules() == (rule,)


def test_a_figure_holds_from_its_day_to_the_next_and_null_ends_it(tmp_path: Path) -> None:
    book = rules.load(folder(tmp_path))
    first, later = (book.figure("thing/one", "limit", day) for day in (date(2020, 3, 19), date(2020, 3, 20)))
    assert (first.value, first.unit, first.since, first.confirmed) == (180, "days", date(2016, 4, 6), True)
    assert (later.value, later.since, later.confirmed) == (360.5, date(2020, 3, 20), False)
    assert book.figure("thing/one", "limit", date(2020, 12, 31)).value == 360.5
    for day in (date(2016, 4, 5), date(2021, 1, 1), date(2030, 1, 1)):
        with pytest.raises(KeyError, match="not in force"):
            book.figure("thing/one", "limit", day)


@pytest.mark.parametrize(("rule", "name"), [("thing/two", "limit"), ("thing/one", "other")])
def test_a_figure_or_rule_that_does_not_exist_is_a_key_error(tmp_path: Path, rule: str, name: str) -> None:
    with pytest.raises(KeyError):
        rules.load(folder(tmp_path)).figure(rule, name, date(2020, 1, 1))


def test_documents_and_source_cards_are_read_as_they_stand(tmp_path: Path) -> None:
    book = rules.load(folder(tmp_path))
    assert (book.document("guide").issued, book.document("guide").doi) == ("2016-04", None)
    card = book.source("somebody")
    assert [p.within_km for p in card.place_precision.values()] == [2.5, None]
    assert card.may_republish is False and card.warts[0]["es"] == "Uno"
    for ask in (book.source, book.document, book.rule):
        with pytest.raises(KeyError):
            ask("nobody")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    at = folder(tmp_path)
    (at / "oecd/one.yaml").write_bytes(b"\xef\xbb\xbf" + RULE.replace("\n", "\r\n").encode())
    assert rules.load(at).rule("thing/one").line == 2


def test_files_that_are_not_rules_are_left_alone(tmp_path: Path) -> None:
    at = folder(tmp_path, **{"facts.yaml": "a: b", "texts/x.yaml": "\tno", "oecd/.hidden": "x", "actors.yaml": "- 1"})
    assert rules.check(at) == []


def test_a_file_of_rules_with_another_ending_is_not_silently_skipped(tmp_path: Path) -> None:
    at = folder(tmp_path, **{"oecd/two.yml": RULE})
    assert said(rules.check(at)) == [("oecd/two.yml", 1, None, "file_name")]


def test_load_reads_every_place_of_the_layout(tmp_path: Path) -> None:
    names = [name if name.endswith(".yaml") else f"{name}/any.yaml" for name in rules.LAYOUT]
    at = folder(tmp_path, "[]", **{name: RULE.replace("thing/one", f"thing/{i}") for i, name in enumerate(names)})
    assert [rule.file for rule in rules.load(at).rules()] == names


# -- what is refused --------------------------------------------------------------------------------------------------

BROKEN = {
    "unknown key": ("kind: signal", "kind: signal\n  colour: red", "unknown_key", 4),
    "unknown key in a citation": ("section: Annex II", "page: 3", "unknown_key", 5),
    "unknown key in a figure": ("unit: days", "unit: days\n      units: days", "unknown_key", 11),
    "unknown key in a dated value": ("value: 180, confirmed: true", "value: 180, confirmed: true, by: me",
                                     "unknown_key", 12),
    "key given twice": ("kind: signal", "kind: signal\n  kind: signal", "duplicate_key", 4),
    "date given twice": ("2020-03-20:", "2016-04-06:", "duplicate_key", 13),
    "key given twice in facts": ("many: [1, two]", "many: 1, many: 2", "duplicate_key", 15),
    "language given twice": ("title: {en: One,", "title: {en: One, en: Two,", "duplicate_key", 4),
    "no citation": ('  cites: [{document: guide, section: Annex II, paragraph: "1-2"}]\n', "", "citation_missing", 2),
    "empty citation": ('[{document: guide, section: Annex II, paragraph: "1-2"}]', "[]", "citation_missing", 5),
    "citation of an unknown document": ("document: guide", "document: guida", "citation_unresolved", 5),
    "paragraph that is a number": ('paragraph: "1-2"', "paragraph: 1", "wrong_type", 5),
    "missing language": ("title: {en: One, fr: Un,", "title: {en: One,", "language_missing", 4),
    "blank language": ("title: {en: One, fr: Un,", "title: {en: One, fr: ' ',", "language_missing", 4),
    "language that is not asked for": ("title: {en: One,", "title: {en: One, de: Eins,", "unknown_key", 4),
    "text in one language only": (f"title: {FOUR}\n  cites", "title: One\n  cites", "wrong_type", 4),
    "missing language in facts": ("title: {en: One, fr: Un, es: Uno, zh-hans: 一}, day", "title: {en: One}, day",
                                  "language_missing", 15),
    "dates that fall": ("2020-03-20:", "2015-03-20:", "dates_order", 13),
    "day written in another way": ("2020-03-20:", "2016-4-6:", "date_invalid", 13),
    "day that does not exist": ("2020-03-20:", "2020-02-30:", "date_invalid", 13),
    "month instead of a day": ("2020-03-20:", "2020-03:", "date_invalid", 13),
    "time instead of a day": ("2020-03-20:", '2020-03-20 10:00:00:', "date_invalid", 13),
    "day that does not exist in facts": ("day: 2020-05-01", "day: 2020-05-32", "date_invalid", 15),
    "end of what never began": ("2016-04-06: {value: 180, confirmed: true}", "2016-04-06: null", "nothing_to_end", 12),
    "end of what has ended": ("2020-03-20: {value: 360.5, confirmed: false}", "2020-03-20: null", "nothing_to_end", 14),
    "figure without unit": ("      unit: days\n", "", "unit_missing", 10),
    "unknown unit": ("unit: days", "unit: fortnights", "unit_unknown", 10),
    "figure without values": ("values:", "values: {}\n      later:", "wrong_type", 11),
    "value that is text": ("value: 180", "value: half a year", "wrong_type", 12),
    "value that is true": ("value: 180", "value: true", "wrong_type", 12),
    "value that is not a number": ("value: 180", "value: .nan", "wrong_type", 12),
    "value without a wrapper": ("{value: 180, confirmed: true}", "180", "wrong_type", 12),
    "confirmed missing": ("  confirmed: false\n", "", "confirmed_missing", 2),
    "confirmed missing on a value": ("value: 180, confirmed: true", "value: 180", "confirmed_missing", 12),
    "confirmed that is text": ("confirmed: false", "confirmed: perhaps", "wrong_type", 6),
    "unknown kind": ("kind: signal", "kind: signals", "kind_unknown", 3),
    "missing kind": ("  kind: signal\n", "", "key_missing", 2),
    "missing review date": ("  reviewed: 2026-01-31\n", "", "review_missing", 2),
    "review date that is none": ("reviewed: 2026-01-31", "reviewed: soon", "date_invalid", 7),
    "facts that are a list": ("facts: {many: [1, two]", "facts: [1]\n  note: {many: [1, two]", "wrong_type", 15),
    "tab": ("  kind: signal", "\tkind: signal", "tab", 3),
    "unparsable": ("kind: signal", "kind: [signal", "not_yaml", 4),
    "reference": ("many: [1, two]", "many: &a [1, two], more: *a", "reference", 15),
    "key that is a list": ("facts: {", "facts: {[1]: 2, ", "wrong_type", 15),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "line"), BROKEN.values(), ids=BROKEN)
def test_a_malformed_rule_is_refused_by_name_and_line(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    assert old in RULE
    problems = rules.check(folder(tmp_path, RULE.replace(old, new, 1)))
    assert ("oecd/one.yaml", line, "thing/one", code) in said(problems), problems
    assert all(p.rule == "thing/one" for p in problems)
    first = next(p for p in problems if p.code == code)
    assert str(first).startswith(f"oecd/one.yaml:{line}: thing/one: ")
    with pytest.raises(RulesError) as error:
        rules.load(tmp_path)
    assert str(first) in str(error.value)


def test_an_id_used_twice_is_refused_across_files_and_names_the_first_place(tmp_path: Path) -> None:
    problems = rules.check(folder(tmp_path, **{"crisis/two.yaml": "\n\n" + RULE}))
    assert said(problems) == [("crisis/two.yaml", 4, "thing/one", "duplicate_id")]
    assert "oecd/one.yaml:2" in problems[0].message


def test_an_entry_without_an_id_is_refused(tmp_path: Path) -> None:
    problems = rules.check(folder(tmp_path, RULE.replace("id: thing/one", "ids: thing/one")))
    assert ("oecd/one.yaml", 2, None, "key_missing") in said(problems)


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "line"),
    [
        ("documents.yaml", "  licence: cited\n", "", "key_missing", 1),
        ("documents.yaml", "type: guidance", "type: rumour", "not_in_list", 7),
        ("documents.yaml", "issued: 2016-04", "issued: 2016-13", "date_invalid", 4),
        ("documents.yaml", "issued: 2016-04", "issued: lately", "date_invalid", 4),
        ("documents.yaml", "seen: part", "seen: no", "not_in_list", 9),
        ("documents.yaml", "- id: guide", "- id: guide\n  pages: 3", "unknown_key", 2),
        ("sources.yaml", "may_republish: false", "may_republish: maybe", "wrong_type", 6),
        ("sources.yaml", "evidence: plausible", "evidence: certain", "not_in_list", 8),
        ("sources.yaml", "within_km: 2.5", "within_km: near", "wrong_type", 11),
        ("sources.yaml", "data_class: public", "data_class: secret", "not_in_list", 9),
        ("sources.yaml", "warts: [{en: One,", "warts: [{", "language_missing", 14),
        ("sources.yaml", "  confirmed: true\n", "", "confirmed_missing", 1),
    ],
)
def test_a_malformed_document_or_source_is_refused(
    tmp_path: Path, name: str, old: str, new: str, code: str, line: int
) -> None:
    texts = {"documents.yaml": DOCUMENTS, "sources.yaml": SOURCES}
    assert old in texts[name]
    at = folder(tmp_path, **{name: texts[name].replace(old, new, 1)})
    entry = {"documents.yaml": "guide", "sources.yaml": "somebody"}[name]
    assert (name, line, entry, code) in said(rules.check(at)), rules.check(at)


def test_a_document_that_is_itself_wrong_does_not_make_its_citations_wrong(tmp_path: Path) -> None:
    at = folder(tmp_path, documents=DOCUMENTS.replace("seen: part", "seen: half"))
    assert said(rules.check(at)) == [("documents.yaml", 9, "guide", "not_in_list")]


def test_every_problem_of_every_file_is_listed_at_once_in_order(tmp_path: Path) -> None:
    worse = RULE.replace("kind: signal", "kind: x").replace("unit: days", "unit: y").replace("guide", "nowhere")
    at = folder(
        tmp_path, worse, **{"crisis/two.yaml": RULE.replace("thing/one", "thing/two").replace("2026-01-31", "x")}
    )
    assert said(rules.check(at)) == [
        ("crisis/two.yaml", 7, "thing/two", "date_invalid"),
        ("oecd/one.yaml", 3, "thing/one", "kind_unknown"),
        ("oecd/one.yaml", 5, "thing/one", "citation_unresolved"),
        ("oecd/one.yaml", 10, "thing/one", "unit_unknown"),
    ]


@pytest.mark.parametrize("name", ["documents.yaml", "sources.yaml"])
def test_a_folder_without_documents_or_sources_is_refused(tmp_path: Path, name: str) -> None:
    (folder(tmp_path) / name).unlink()
    assert (name, 1, None, "file_missing") in said(rules.check(tmp_path))


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "not_a_list", 1),
        (b"# only a comment\n", "not_a_list", 1),
        (b"a: b\n", "not_a_list", 1),
        (b"- a\n- 2\n", "wrong_type", 1),
        (b"- id: x\n  title: caf\xe9\n", "not_utf8", 2),
        (b"- id: x\n  title: \x00\n", "not_yaml", 2),
        (b"\xff\xfe-\x00", "not_utf8", 1),
        (b"- id: x\n--- \n- id: y\n", "not_yaml", 2),
        (b"- !!python/object/apply:os.system [ls]\n", "wrong_type", 1),
        (b"- id: x\n  reviewed: !!binary xx\n", "date_invalid", 2),
    ],
)
def test_a_file_that_is_no_list_of_entries_is_refused(tmp_path: Path, content: bytes, code: str, line: int) -> None:
    (folder(tmp_path) / "oecd/one.yaml").write_bytes(content)
    assert ("oecd/one.yaml", line, code) in {(p.file, p.line, p.code) for p in rules.check(tmp_path)}


def test_a_bomb_of_references_is_refused_at_once(tmp_path: Path) -> None:
    levels = [f"  {chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(20)]
    bomb = "\n".join(["- id: boom", "  a: &a [1, 1]", *levels])
    problems = rules.check(folder(tmp_path, bomb))
    assert {p.code for p in problems} == {"reference"} and problems[0].rule == "boom"


@pytest.mark.parametrize("text", ["[" * 300_000, "- " * 300_000 + "a", "{a: " * 100_000 + "}" * 100_000])
def test_a_text_nested_without_end_is_refused_before_it_breaks_anything(tmp_path: Path, text: str) -> None:
    problems = rules.check(folder(tmp_path, "- id: thing/one\n  facts: " + text if text[0] != "-" else text))
    assert [p.code for p in problems] == ["too_deep"]


def test_an_error_in_a_file_names_the_entry_it_stands_in(tmp_path: Path) -> None:
    at = folder(tmp_path, RULE + RULE.replace("thing/one", "thing/two").replace("kind: signal", "kind: ]"))
    assert said(rules.check(at)) == [("oecd/one.yaml", 18, "thing/two", "not_yaml")]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_a_file_of_rules_holds_is_listed_and_nothing_raises(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = RULE.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(st.text(st.characters(blacklist_categories=["Cs"]), max_size=30))
    place = folder(tmp_path_factory.mktemp("rules"), "\n".join(lines))
    for problem in rules.check(place):
        assert all(problem.sentence(language) for language in LANGUAGES)
        assert problem.file == "oecd/one.yaml" and problem.line >= 1


# -- figures over time ------------------------------------------------------------------------------------------------

DAYS = st.dates(date(2000, 1, 1), date(2000, 3, 1))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(DAYS, st.integers(0, 9) | st.none(), min_size=1), DAYS)
def test_a_figure_looked_up_equals_walking_through_every_day(values: dict[date, int | None], day: date) -> None:
    series = Series("days", tuple(Dated(d, values[d], True) for d in sorted(values)))
    walked, since, at = None, None, date(1999, 12, 31)
    while at <= day:
        if at in values:
            walked, since = values[at], at
        at += timedelta(days=1)
    found = series.on(day)
    assert (found and found.value) == walked
    if found is not None:
        assert found.since == since


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(DAYS, st.integers(0, 9)), min_size=1, max_size=6, unique_by=lambda pair: pair[0]), DAYS)
def test_a_figure_read_from_a_file_equals_its_slow_twin(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[date, int]], day: date
) -> None:
    dated = "\n".join(f"        {d}: {{value: {v}, confirmed: true}}" for d, v in sorted(pairs))
    head, _, rest = RULE.partition("        2016-04-06")
    tail = rest[rest.index("  facts") :]
    book = rules.load(folder(tmp_path_factory.mktemp("rules"), f"{head}{dated}\n{tail}"))
    begun = sorted((d, v) for d, v in pairs if d <= day)
    if begun:
        figure = book.figure("thing/one", "limit", day)
        assert (figure.since, figure.value) == begun[-1]
    else:
        with pytest.raises(KeyError):
            book.figure("thing/one", "limit", day)


# -- shown ------------------------------------------------------------------------------------------------------------


def book_of(tmp_path: Path) -> Rulebook:
    return rules.load(folder(tmp_path))


def test_a_rule_is_shown_with_its_dated_figures_and_the_one_in_force_marked(tmp_path: Path) -> None:
    text = book_of(tmp_path).show("thing/one", "en", date(2020, 5, 11))
    assert "thing/one: One" in text and "unconfirmed" in text
    marked = [line for line in text.splitlines() if "<-" in line]
    assert marked == ["    2020-03-20  360.5 days, unconfirmed  <- in force on 2020-05-11"]
    assert "2016-04-06  180 days, confirmed" in text and "2021-01-01  ended" in text
    assert "OECD, A guide (2016), Annex II, paragraph 1-2" in text and "https://example.org/guide" in text


def test_no_figure_is_marked_after_it_ended(tmp_path: Path) -> None:
    assert "<-" not in book_of(tmp_path).show("thing/one", "en", date(2022, 1, 1))


def test_showing_a_rule_that_does_not_exist_is_a_key_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        book_of(tmp_path).show("thing/none", "en", date(2020, 1, 1))


def test_the_table_has_a_row_for_each_rule_in_the_language_asked_for(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    row = book.as_table("zh-hans")[0]
    assert [cell.strip() for cell in row] == ["thing/one", "signal", "一", "guide Annex II 1-2", "未经确认"]


def test_every_code_of_the_loader_has_a_sentence_in_each_language() -> None:
    sources = (Path(module.__file__).read_text(encoding="utf-8") for module in (rules, workflow_form))
    source = "\n".join(sources)
    texts = {name.partition(".")[2] for name in catalogue() if name.startswith("rule-problem.")}
    assert {code for _, _, code, _ in BROKEN.values()} <= texts
    assert all(f'"{code}"' in source for code in texts), "a sentence that no code uses"
    assert set(rules.KINDS) == {name.partition(".")[2] for name in catalogue() if name.startswith("rule-kind.")}
    assert set(rules.UNITS) == {name.split(".")[2] for name in catalogue() if name.startswith("rules.unit.")}
