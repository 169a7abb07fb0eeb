"""The rulebook: guidance as dated, cited data, read from YAML that a compliance officer can read too.

A rule says what it is (`title`), where it stands (`cites`), whether we could confirm it in the document itself, and
when somebody last looked (`reviewed`). Its figures are dated: a value holds from its day until the next one, and `null`
ends it. The loader refuses what is not exactly so, by rule, file and line, and lists everything that is wrong at once.

Which files are rules: `documents.yaml` (what may be cited), `sources.yaml` (source cards), the folders and files of
`LAYOUT`. Other files beside them (texts, templates' facts, limits) are not touched.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from winze.engine import workflow_form
from winze.engine.problems import NotInForce
from winze.engine.texts import LANGUAGES, catalogue, say

LAYOUT = (
    "oecd", "crisis", "workflows", "likelihood.yaml", "risks.yaml", "decay.yaml", "plans.yaml", "effects.yaml",
    "matching.yaml",
)  # fmt: skip
KINDS = (
    "step", "category", "response", "risk-kind", "risk", "red-flag", "scale", "involvement", "evidence",
    "shock", "signal", "source-precision", "decay", "likelihood", "measure", "workflow", "plan", "effect", "matching",
)  # fmt: skip
UNITS = (
    "days", "months", "years", "percent", "percent-points", "km", "ratio", "probability", "log-odds", "weight",
    "count", "level", "us-dollars",
)  # fmt: skip
DOCUMENT_TYPES = ("guidance", "law", "standard", "codebook", "report", "article", "web-page", "decision")
DATA_CLASSES = ("public", "partner", "competitor-sensitive", "movement", "personal", "sealed")
EVIDENCE = ("allegation", "plausible", "reasonable-risk", "verified")

type Texts = Mapping[str, str]
"""One sentence or title in the four languages."""


# -- what a rulebook holds ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a rule stands: a document of `documents.yaml`, and the section and paragraph where they are known."""

    document: str
    section: str | None = None
    paragraph: str | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """One value of a figure from a day on; `value` is None where the figure ends that day."""

    since: date
    value: int | float | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Series:
    """A figure over time: its unit and its dated values, oldest first, no two on one day."""

    unit: str
    values: tuple[Dated, ...]

    def on(self, day: date) -> Dated | None:
        """The value in force on a day; None before the first and after an end."""
        begun = [dated for dated in self.values if dated.since <= day]
        return begun[-1] if begun and begun[-1].value is not None else None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a rule as it stands on a day, with the day it came into force and whether it was confirmed."""

    rule: str
    name: str
    value: int | float
    unit: str
    since: date
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One decision the system must take, with all it cites.

    `confirmed` is False where the wording was not checked in the document itself. `facts` holds undated structure:
    lists with ids and titles, words to look for. `checked_by` names the person who checked it, where one did.
    """

    id: str
    kind: str
    title: Texts
    cites: tuple[Citation, ...]
    confirmed: bool
    reviewed: date
    checked_by: str | None
    note: Texts | None
    figures: Mapping[str, Series]
    facts: Mapping[str, Any]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """Something a rule may cite. `issued` is a year, month or day as far as known. `seen` says how much of the document
    itself was read for this rulebook: "whole", "part" or "none" (then it is known through others)."""

    id: str
    title: str
    issuer: str
    issued: str | None
    url: str | None
    doi: str | None
    language: str
    type: str
    licence: str
    seen: str
    reviewed: date


@dataclass(frozen=True, slots=True)
class Precision:
    """One step of a source's own scale of place precision: how far the true place may lie (None: nobody says)."""

    within_km: float | None
    meaning: Texts


@dataclass(frozen=True, slots=True)
class SourceCard:
    """What a source of statements is worth and what may be done with it.

    `evidence` is the level a statement from it supports by itself. `may_republish` is about the rows as published;
    figures derived from them carry `attribution` in any case. `time` says how it dates what it tells, `warts` what to
    beware of.
    """

    id: str
    publisher: str
    title: Texts
    licence: str
    attribution: str
    may_republish: bool
    url: str | None
    evidence: str
    data_class: str
    place_precision: Mapping[str, Precision]
    time: Texts
    warts: tuple[Texts, ...]
    confirmed: bool
    reviewed: date


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """Something is wrong with a file of rules: where, in which rule (None where it is in none), and what."""

    file: str
    line: int
    rule: str | None
    code: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        return self.sentence("en")

    def sentence(self, language: str) -> str:
        return say(f"rule-problem.{self.code}", language, **dict(self.values))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule + ': ' if self.rule else ''}{self.message}"


class RulesError(ValueError):
    """The rules cannot be used; lists everything that is wrong with them."""

    def __init__(self, problems: Iterable[RuleProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules, documents and source cards, in the order of their files."""

    by_id: Mapping[str, Rule]
    documents: Mapping[str, Document]
    sources: Mapping[str, SourceCard]

    def rule(self, id: str) -> Rule:
        """One rule. Raises KeyError where there is none of this id."""
        return self.by_id[id]

    def rules(self, kind: str | None = None) -> tuple[Rule, ...]:
        """All rules, or those of one kind of `KINDS`."""
        return tuple(rule for rule in self.by_id.values() if kind is None or rule.kind == kind)

    def figure(self, id: str, name: str, day: date) -> Figure:
        """A figure as it stands on a day. Raises KeyError for one that is unknown, `NotInForce` (one too) for one that
        is not in force on that day."""
        series = self.by_id[id].figures[name]
        dated = series.on(day)
        if dated is None or dated.value is None:
            raise NotInForce(id, name, day)
        return Figure(id, name, dated.value, series.unit, dated.since, dated.confirmed)

    def source(self, id: str) -> SourceCard:
        """The card of a source. Raises KeyError where there is none of this id."""
        return self.sources[id]

    def document(self, id: str) -> Document:
        """A document that rules cite. Raises KeyError where there is none of this id."""
        return self.documents[id]

    def cited(self, citation: Citation, language: str = "en") -> str:
        """A citation as a reader expects it: issuer, title, year, section and paragraph."""
        document = self.documents[citation.document]
        named = document.title.startswith(document.issuer)
        parts = [document.title if named else f"{document.issuer}, {document.title}"]
        parts[0] += f" ({document.issued[:4]})" if document.issued else ""
        parts += [citation.section] if citation.section else []
        parts += [say("rules.paragraph", language, paragraph=citation.paragraph)] if citation.paragraph else []
        return ", ".join(parts)

    def as_table(self, language: str = "en") -> list[tuple[str, ...]]:
        """A row for each rule: id, kind, title, what it cites first, and whether that was confirmed. Id and kind are
        padded so that the rows line up on a terminal."""
        ids, kinds = max(map(len, self.by_id), default=0), max(map(len, KINDS))
        return [
            (
                rule.id.ljust(ids),
                rule.kind.ljust(kinds),
                rule.title[language],
                "; ".join(_short(self.documents[c.document], c) for c in rule.cites),
                _confirmed(rule.confirmed, language),
            )
            for rule in self.by_id.values()
        ]

    def show(self, id: str, language: str, day: date) -> str:
        """One rule as plain text: title, sources, figures with the one in force on `day` marked, facts, review.
        Raises KeyError where there is no such rule."""
        rule = self.by_id[id]
        lines = [f"{rule.id}: {rule.title[language]}"]
        lines.append(f"{say(f'rule-kind.{rule.kind}', language)}; {_confirmed(rule.confirmed, language)}")
        lines += self._sources(rule, language)
        lines += ["", rule.note[language]] if rule.note else []
        lines += ["", say("rules.figures", language)] if rule.figures else []
        for name, series in rule.figures.items():
            lines += [f"  {_figure_name(name, language)}", *_figure(series, language, day)]
        lines += ["", say("rules.facts", language), *facts_as_text(rule.facts, language, "  ")] if rule.facts else []
        checked = "rules.checked" if rule.checked_by else "rules.nobody"
        lines += ["", say("rules.reviewed", language, day=rule.reviewed)]
        lines += [say(checked, language, person=rule.checked_by), f"{rule.file}:{rule.line}"]
        return "\n".join(lines)

    def _sources(self, rule: Rule, language: str) -> Iterator[str]:
        yield ""
        yield say("rules.sources", language)
        for citation in rule.cites:
            document = self.documents[citation.document]
            yield f"  {self.cited(citation, language)}"
            yield f"    {say(f'rules.seen-{document.seen}', language)}"
            where = [f"doi:{document.doi}" if document.doi else None, document.url]
            yield from (f"    {place}" for place in where if place)


def _short(document: Document, citation: Citation) -> str:
    return " ".join(part for part in (document.id, citation.section, citation.paragraph) if part)


def _confirmed(confirmed: bool, language: str) -> str:
    return say("rules.confirmed" if confirmed else "rules.unconfirmed", language)


def _figure_name(name: str, language: str) -> str:
    """What a figure is called, with its code; the code alone for one that has no name in the texts."""
    text = catalogue().get(f"rules.figure.{name}")
    return f"{text[language]} ({name})" if text else name


def _figure(series: Series, language: str, day: date) -> Iterator[str]:
    now = series.on(day)
    for dated in series.values:
        if dated.value is None:
            yield f"    {dated.since}  {say('rules.ended', language)}"
            continue
        amount = say(f"rules.unit.{series.unit}", language, value=f"{dated.value:g}")
        here = f"  <- {say('rules.in-force', language, day=day)}" if dated is now else ""
        yield f"    {dated.since}  {amount}, {_confirmed(dated.confirmed, language)}{here}"


def facts_as_text(value: Any, language: str, indent: str) -> Iterator[str]:
    """Facts as indented text, every four-language text in the one language asked for."""
    items = value.items() if isinstance(value, Mapping) else (("-", item) for item in value)
    for key, item in items:
        mark = key if key == "-" else f"{key}:"
        if isinstance(item, Mapping) and "en" in item:
            yield f"{indent}{mark} {item[language]}"
        elif isinstance(item, Mapping) and set(item) == {"id", "title"}:
            yield f"{indent}{mark} {item['title'][language]} ({item['id']})"
        elif isinstance(item, Mapping | tuple) and item:
            yield f"{indent}{mark}"
            yield from facts_as_text(item, language, indent + "  ")
        else:
            yield f"{indent}{mark} {_plainly(item, language)}"


def _plainly(value: Any, language: str) -> str:
    words = {None: "rules.unknown", True: "rules.yes", False: "rules.no"}
    return say(words[value], language) if value is None or isinstance(value, bool) else str(value)


# -- reading ------------------------------------------------------------------------------------------------------


def load(folder: Traversable | Path | None = None) -> Rulebook:
    """The rulebook of a folder; by default the one Winze came with. Raises RulesError, which lists all problems."""
    return _packaged() if folder is None else _load(folder)


@cache
def _packaged() -> Rulebook:
    return _load(files("winze.rules"))


def _load(folder: Traversable | Path) -> Rulebook:
    book, problems = _read(folder)
    if problems:
        raise RulesError(problems)
    return book


def check(folder: Traversable | Path | None = None) -> list[RuleProblem]:
    """Everything that is wrong with a folder of rules, by file and line; empty where it can be used."""
    return _read(files("winze.rules") if folder is None else folder)[1]


def _read(folder: Traversable | Path) -> tuple[Rulebook, list[RuleProblem]]:
    """Reads as much as can be read, and notes everything that cannot."""
    problems: list[RuleProblem] = []
    documents, named = _collect(_file(folder, "documents.yaml", problems), _document)
    sources, _ = _collect(_file(folder, "sources.yaml", problems), _source)
    pages = [_Page(name, file, problems, named) for name, file in _rule_files(folder, problems)]
    rules, _ = _collect(pages, _rule)
    problems.sort(key=lambda p: (p.file, p.line, p.code))
    return Rulebook(rules, documents, sources), problems


def _file(folder: Traversable | Path, name: str, problems: list[RuleProblem]) -> list[_Page]:
    file = folder / name
    if not file.is_file():
        problems.append(RuleProblem(name, 1, None, "file_missing", (("name", name),)))
        return []
    return [_Page(name, file, problems)]


def _rule_files(folder: Traversable | Path, problems: list[RuleProblem]) -> Iterator[tuple[str, Traversable | Path]]:
    for name in LAYOUT:
        place = folder / name
        if place.is_file():
            yield name, place
        for file in sorted(place.iterdir(), key=lambda p: p.name) if place.is_dir() else ():
            if file.name.endswith(".yaml"):
                yield f"{name}/{file.name}", file
            elif not file.name.startswith("."):
                problems.append(RuleProblem(f"{name}/{file.name}", 1, None, "file_name", (("name", file.name),)))


@dataclass
class _Page:
    """One file of entries being read: `entry` is the id of the entry at hand, problems go to `problems`."""

    name: str
    file: Traversable | Path
    problems: list[RuleProblem]
    documents: Container[str] = ()
    entry: str | None = None

    def wrong(self, at: Node | int, code: str, **values: object) -> Any:
        """Notes a problem at a node or line. Gives None, which stands for the value that could not be read."""
        line = at if isinstance(at, int) else at.start_mark.line + 1
        said = tuple((name, str(value)) for name, value in values.items())
        self.problems.append(RuleProblem(self.name, line, self.entry, code, said))
        return None

    def entries(self) -> Iterator[MappingNode]:
        """The entries of the list that the file is; none where it cannot be read as YAML at all."""
        tree = self._compose()
        if tree is None:
            return
        if not isinstance(tree, SequenceNode):
            self.wrong(tree, "not_a_list")
            return
        seen: set[int] = set()
        for node in tree.value:
            self.entry = _id_of(node)
            if not isinstance(node, MappingNode):
                self.wrong(node, "wrong_type", key="-", wanted="{…}")
            elif self._well_formed(node, seen):
                yield node
        self.entry = None

    def _compose(self) -> Any:
        try:
            text = self.file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return self.wrong(error.object[: error.start].count(b"\n") + 1, "not_utf8")
        lines = text.splitlines()
        if tabs := [number for number, line in enumerate(lines, 1) if "\t" in line]:
            return self._unread(lines, tabs[0], "tab")
        try:
            if deep := _too_deep(text):
                return self._unread(lines, deep, "too_deep", depth=_DEPTH)
            tree = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.reader.ReaderError as error:
            line = text.encode()[: error.position].count(b"\n") + 1
            return self._unread(lines, line, "not_yaml", detail=error.reason)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            return self._unread(lines, 1 if mark is None else mark.line + 1, "not_yaml", detail=error.problem or "?")
        return self.wrong(1, "not_a_list") if tree is None else tree

    def _unread(self, lines: list[str], line: int, code: str, **values: object) -> Any:
        """A problem that keeps the file from being read: the entry it stands in is the last one begun before it."""
        begun = [match[1] for text in lines[:line] if (match := re.match(r"- +id: *[\"']?([^\s\"'#]+)", text))]
        self.entry = begun[-1] if begun else None
        self.wrong(line, code, **values)
        self.entry = None

    def _well_formed(self, node: Node, seen: set[int]) -> bool:
        """No key twice, only plain keys, and nothing by reference: what is read stands where it is read."""
        if id(node) in seen:
            self.wrong(node, "reference")
            return False
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            judged = [self._well_formed(item, seen) for item in node.value]
            return all(judged)
        if not isinstance(node, MappingNode):
            return True
        keys, fine = set(), True
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else None
            if name is None:
                fine = self.wrong(key, "wrong_type", key="?", wanted="key: …")
            elif name in keys:
                fine = self.wrong(key, "duplicate_key", key=name)
            keys.add(name)
            fine = self._well_formed(value, seen) and fine
        return bool(fine)


_DEPTH = 20


def _too_deep(text: str) -> int | None:
    """The line in which a text nests deeper than any rule does; beyond some depth the YAML library itself breaks."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEPTH:
                mark = event.start_mark
                return mark.line + 1 if mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _id_of(node: Node) -> str | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((v.value for k, v in pairs if k.value == "id" and isinstance(v, ScalarNode)), None)


def _collect[T](
    pages: list[_Page], make: Callable[[_Page, MappingNode], T | None]
) -> tuple[dict[str, T], Container[str]]:
    """What pages hold, by id, and the ids of all their entries, the wrong ones too. An id used twice is a problem at
    its second place."""
    found: dict[str, T] = {}
    first: dict[str, str] = {}
    for page in pages:
        for node in page.entries():
            made, name = make(page, node), page.entry
            if name is None:
                continue
            if name in first:
                page.wrong(node, "duplicate_id", id=name, place=first[name])
                continue
            first[name] = f"{page.name}:{node.start_mark.line + 1}"
            if made is not None:
                found[name] = made
    return found, first


# Each of these turns one node into a value, or notes what is wrong and gives None. What they give is used only where
# the whole entry was right.
type _Take = Callable[[_Page, Node, str], Any]


def _fields(page: _Page, node: Node, required: Mapping[str, _Take], optional: Mapping[str, _Take]) -> dict[str, Any]:
    """The values of a mapping with exactly these keys; a missing, blank or unknown one is a problem."""
    if not isinstance(node, MappingNode):
        page.wrong(node, "wrong_type", key="?", wanted="{…}")
        return {}
    takes = {**required, **optional}
    found: dict[str, Any] = {}
    for key, value in node.value:
        if key.value in takes:
            found[key.value] = takes[key.value](page, value, key.value)
        else:
            page.wrong(key, "unknown_key", key=key.value, known=", ".join(takes))
    for name in required:
        if name not in found:
            code = {"cites": "citation_missing", "reviewed": "review_missing", "confirmed": "confirmed_missing",
                    "unit": "unit_missing"}.get(name, "key_missing")  # fmt: skip
            page.wrong(node, code, key=name)
    return found


def _scalar(node: Node) -> Any:
    """The plain value of a scalar; the node itself where it is none, or a date that does not exist."""
    if not isinstance(node, ScalarNode):
        return node
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, yaml.YAMLError):
        return node


def _of(wanted: str, *types: type, nullable: bool = False) -> _Take:
    def take(page: _Page, node: Node, key: str) -> Any:
        value = _scalar(node)
        right = type(value) in types and value != "" and (not isinstance(value, float) or math.isfinite(value))
        if right or (nullable and value is None):
            return value
        return page.wrong(node, "wrong_type", key=key, wanted=wanted)

    return take


_text, _flag, _number = _of("“…”", str), _of("true | false", bool), _of("0", int, float)
_text_or_null, _km = _of("“…” | null", str, nullable=True), _of("0 | null", int, float, nullable=True)


def _day(page: _Page, node: Node, key: str) -> Any:
    value = _scalar(node)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return page.wrong(node, "date_invalid", key=key, found=getattr(node, "value", "?") or "null")


def _one_of(allowed: tuple[str, ...], code: str = "not_in_list") -> _Take:
    def take(page: _Page, node: Node, key: str) -> Any:
        value = _scalar(node)
        if isinstance(value, str) and value in allowed:
            return value
        return page.wrong(node, code, key=key, found=getattr(node, "value", "?"), known=", ".join(allowed))

    return take


def _list_of(take: _Take) -> _Take:
    def takes(page: _Page, node: Node, key: str) -> Any:
        if not isinstance(node, SequenceNode):
            return page.wrong(node, "wrong_type", key=key, wanted="[…]")
        return tuple(take(page, item, key) for item in node.value)

    return takes


def _texts(page: _Page, node: Node, key: str) -> Any:
    """A text in all four languages, none of them blank."""
    if not isinstance(node, MappingNode):
        return page.wrong(node, "wrong_type", key=key, wanted="{en: …, fr: …, es: …, zh-hans: …}")
    given = {k.value: v for k, v in node.value}
    for language in LANGUAGES:
        if language not in given:
            page.wrong(node, "language_missing", key=key, language=language)
    for language, text in given.items():
        if language not in LANGUAGES:
            page.wrong(text, "unknown_key", key=language, known=", ".join(LANGUAGES))
        elif not isinstance(_scalar(text), str) or not text.value.strip():
            page.wrong(text, "language_missing", key=key, language=language)
    return {language: given[language].value for language in LANGUAGES if language in given}


def _plain(page: _Page, node: Node, key: str) -> Any:
    """Undated structure as it stands; a text that is given in one of the languages must be given in all."""
    if isinstance(node, SequenceNode):
        return tuple(_plain(page, item, key) for item in node.value)
    if isinstance(node, MappingNode):
        if any(name.value in LANGUAGES for name, _ in node.value):
            return _texts(page, node, key)
        return {_scalar(name): _plain(page, value, str(name.value)) for name, value in node.value}
    value = _scalar(node)
    return page.wrong(node, "date_invalid", key=key, found=node.value) if value is node else value


def _mapping(page: _Page, node: Node, key: str) -> Any:
    if not isinstance(node, MappingNode):
        return page.wrong(node, "wrong_type", key=key, wanted="{…}")
    return _plain(page, node, key)


def _cites(page: _Page, node: Node, key: str) -> Any:
    if not isinstance(node, SequenceNode) or not node.value:
        return page.wrong(node, "citation_missing", key=key)
    return tuple(_citation(page, item) for item in node.value)


def _citation(page: _Page, node: Node) -> Citation:
    given = _fields(page, node, {"document": _text}, {"section": _text, "paragraph": _text})
    document = given.get("document")
    if document is not None and document not in page.documents:
        page.wrong(node, "citation_unresolved", document=document)
    return Citation(document or "", given.get("section"), given.get("paragraph"))


def _figures(page: _Page, node: Node, key: str) -> Any:
    if not isinstance(node, MappingNode):
        return page.wrong(node, "wrong_type", key=key, wanted="{…}")
    found = {}
    for name, entry in node.value:
        given = _fields(page, entry, {"unit": _one_of(UNITS, "unit_unknown"), "values": _values}, {})
        found[name.value] = Series(given.get("unit") or "", given.get("values") or ())
    return found


def _values(page: _Page, node: Node, key: str) -> Any:
    """Dated values, oldest first. A figure can neither begin with its end nor end twice."""
    if not isinstance(node, MappingNode) or not node.value:
        return page.wrong(node, "wrong_type", key=key, wanted="{2020-01-31: {value: …, confirmed: …}}")
    found: list[Dated] = []
    for name, entry in node.value:
        since = _day(page, name, key)
        dated = _dated(page, entry, since or date.min)
        if since and found and since <= found[-1].since:
            page.wrong(name, "dates_order", day=since, before=found[-1].since)
        if dated.value is None and (not found or found[-1].value is None) and _scalar(entry) is None:
            page.wrong(entry, "nothing_to_end", day=since)
        found.append(dated)
    return tuple(found)


def _dated(page: _Page, node: Node, since: date) -> Dated:
    if _scalar(node) is None:
        return Dated(since, None, True)
    given = _fields(page, node, {"value": _number, "confirmed": _flag}, {})
    return Dated(since, given.get("value"), bool(given.get("confirmed")))


def _partial_date(page: _Page, node: Node, key: str) -> Any:
    """A year, a month or a day, as far as it is known; null where it is not."""
    if _scalar(node) is None:
        return None
    text = node.value if isinstance(node, ScalarNode) else ""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text)
    try:
        date(*(int(part or 1) for part in match.groups()) if match else ())
    except (TypeError, ValueError):
        return page.wrong(node, "date_invalid", key=key, found=text)
    return text


def _precisions(page: _Page, node: Node, key: str) -> Any:
    if not isinstance(node, MappingNode):
        return page.wrong(node, "wrong_type", key=key, wanted="{…}")
    found = {}
    for step, entry in node.value:
        given = _fields(page, entry, {"within_km": _km, "meaning": _texts}, {})
        found[step.value] = Precision(given.get("within_km"), given.get("meaning") or {})
    return found


_RULE: Mapping[str, _Take] = {
    "id": _text, "kind": _one_of(KINDS, "kind_unknown"), "title": _texts, "cites": _cites, "confirmed": _flag,
    "reviewed": _day,
}  # fmt: skip
_RULE_MORE: Mapping[str, _Take] = {"checked_by": _text, "note": _texts, "figures": _figures, "facts": _mapping}
_DOCUMENT: Mapping[str, _Take] = {
    "id": _text, "title": _text, "issuer": _text, "issued": _partial_date, "url": _text_or_null, "language": _text,
    "type": _one_of(DOCUMENT_TYPES), "licence": _text, "seen": _one_of(("whole", "part", "none")), "reviewed": _day,
}  # fmt: skip
_CARD: Mapping[str, _Take] = {
    "id": _text, "publisher": _text, "title": _texts, "licence": _text, "attribution": _text, "may_republish": _flag,
    "url": _text_or_null, "evidence": _one_of(EVIDENCE), "data_class": _one_of(DATA_CLASSES),
    "place_precision": _precisions, "time": _texts, "warts": _list_of(_texts), "confirmed": _flag, "reviewed": _day,
}  # fmt: skip


def _whole(page: _Page, node: MappingNode, required: Mapping[str, _Take], more: Mapping[str, _Take]) -> Any:
    """The fields of an entry, or None where anything about it was wrong."""
    before = len(page.problems)
    given = _fields(page, node, required, more)
    return given if len(page.problems) == before else None


def _rule(page: _Page, node: MappingNode) -> Rule | None:
    given = _whole(page, node, _RULE, _RULE_MORE)
    if given is None or (given["kind"] == "workflow" and not workflow_form.fits(page.wrong, node)):
        return None
    given = {"checked_by": None, "note": None, "figures": {}, "facts": {}, **given}
    return Rule(**given, file=page.name, line=node.start_mark.line + 1)


def _document(page: _Page, node: MappingNode) -> Document | None:
    given = _whole(page, node, _DOCUMENT, {"doi": _text})
    return None if given is None else Document(**{"doi": None, **given})


def _source(page: _Page, node: MappingNode) -> SourceCard | None:
    given = _whole(page, node, _CARD, {})
    return None if given is None else SourceCard(**given)
