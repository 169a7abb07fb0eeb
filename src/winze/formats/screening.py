"""Sanctions lists: who was listed by whom, since when, under which names. A name alone is never an identity.

UN Security Council consolidated list (XML), OFAC's list of specially designated nationals with its two companion files
(CSV without headings), and the annexes of the EU's regulation on the DRC. An entry speaks of the day it was listed;
its names are those of the day the list was made, since no list says when a name was added. OFAC's files carry no date
at all and are read as undated. Companions are files of their own: what they say joins by subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from lxml import etree

from winze.engine.records import UNDATED, Listing, Origin, Span, Statement, on
from winze.formats.countries import country
from winze.formats.files import Peek, Source
from winze.formats.reading import Reader, lookup
from winze.formats.tables import Row, Table, each, parse_day

UN, OFAC, EU = "un-sc-list", "ofac-sdn", "eu-1183"


# --------------------------------------------------------------------------------------------------------------------
# UN Security Council


def _recognise_un(peek: Peek) -> str | None:
    return "consolidated" if peek.container == "xml" and peek.root == "CONSOLIDATED_LIST" else None


def _read_un(source: Source) -> Iterator[Statement]:
    words = lookup("screening")["un"]
    made = parse_day(dict(source.peek().attributes).get("dateGenerated", "")[:10])
    source.generated_on = made
    known = {*words["used"], *words["ignored"]}
    amended = 0
    for element in source.elements("INDIVIDUAL", "ENTITY"):
        origin = Origin(source.id, None, _line(element))
        for tag in dict.fromkeys(_tag(child) for child in element):
            if tag not in known:
                known.add(tag)
                source.log.add("column_unknown", row=origin.row, cell=tag, column=tag)
        reference, name = _said(element, "REFERENCE_NUMBER"), _joined(element, words["names"])
        if not reference or not name:
            column = "FIRST_NAME" if reference else "REFERENCE_NUMBER"
            source.log.add("row_without", row=origin.row, cell=column, column=column)
            continue
        amended += bool(_said(element, "LAST_DAY_UPDATED"))
        spoken = _listed_on(source, _said(element, "LISTED_ON")[:10], "LISTED_ON", origin, reference)
        listing = _un_listing(source, element, reference, name, words)
        yield Statement(f"listing:UN/{reference}", listing, spoken, origin, UN)
    if amended and made:
        source.log.add("listing_names_of_vintage", count=amended, day=made)


def _un_listing(source: Source, element: etree._Element, reference: str, name: str, words: Any) -> Listing:
    strong = [part for script in element.iterfind("{*}NAME_ORIGINAL_SCRIPT") for part in _names_in(_flat(script))]
    weak: list[str] = []
    for alias in _children(element, "_ALIAS"):
        quality = _said(alias, "QUALITY").casefold()
        (weak if quality in words["weak"] else strong).extend(_names_in(_said(alias, "ALIAS_NAME")))
    places = [*element.iterfind("{*}NATIONALITY/{*}VALUE"), *element.iterfind("{*}INDIVIDUAL_ADDRESS/{*}COUNTRY"),
              *element.iterfind("{*}ENTITY_ADDRESS/{*}COUNTRY")]  # fmt: skip
    return Listing(
        list="UN",
        reference=reference,
        schema=words["schema"][_tag(element)],
        name=name,
        aliases=_others(strong, name),
        weak_aliases=_others(weak, name, *strong),
        programme=_said(element, "UN_LIST_TYPE") or None,
        measure=None,
        countries=_countries(map(_flat, places), lambda text: source.log.add(
            "listing_country_unread", row=_line(element), cell="COUNTRY", value=text)),
        born=_distinct(_born(birth) for birth in element.iterfind("{*}INDIVIDUAL_DATE_OF_BIRTH")),
    )  # fmt: skip


def _born(birth: etree._Element) -> str:
    """A birth date as the list prints it: its parts in their order, without the word for an exact one."""
    parts = [_flat(part) for part in birth]
    return " ".join(part for part in parts if part and part != "EXACT")


def _names_in(text: str) -> list[str]:
    """The names an alias field holds: several parted by ";", and one script with another in brackets after it."""
    both = re.fullmatch(r"([^()]+)\((original script:)?([^()]+)\)", text)
    if both and (both[2] or not all(re.search(r"[A-Za-z]", both[part]) for part in (1, 3))):
        return [*_names_in(both[1]), *_names_in(both[3])]
    return [part.strip() for part in text.split(";") if part.strip()]


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname


def _line(element: etree._Element) -> int | None:
    return element.sourceline if isinstance(element.sourceline, int) else None


def _children(element: etree._Element, ending: str) -> Iterator[etree._Element]:
    return (child for child in element if _tag(child).endswith(ending))


def _flat(element: etree._Element) -> str:
    """The text of an element and all below it, blanks and line ends made single spaces."""
    return " ".join(" ".join(str(text) for text in element.itertext()).split())


def _said(element: etree._Element, tag: str) -> str:
    found = element.find(f"{{*}}{tag}")
    return "" if found is None else _flat(found)


def _joined(element: etree._Element, tags: Iterable[str]) -> str:
    return " ".join(part for tag in tags if (part := _said(element, tag)))


# --------------------------------------------------------------------------------------------------------------------
# OFAC


def _recognise_sdn(peek: Peek) -> str | None:
    types = {*lookup("screening")["ofac"]["types"], "-0-"}
    return "headerless-12" if _mostly(peek, 12, lambda row: row[2] in types and "-0-" in row) else None


def _recognise_alt(peek: Peek) -> str | None:
    types = set(lookup("screening")["ofac"]["alt_types"])
    return "headerless-5" if _mostly(peek, 5, lambda row: row[1].isdecimal() and row[2] in types) else None


def _recognise_add(peek: Peek) -> str | None:
    return "headerless-6" if _mostly(peek, 6, lambda row: row[1].isdecimal() and row[5] == "-0-") else None


def _mostly(peek: Peek, cells: int, fits: Callable[[tuple[str, ...]], bool]) -> bool:
    """Whether three rows in four have so many cells, begin with a whole number and fit."""
    rows = [row for row in peek.sheets[0][1] if row] if peek.container == "csv" and peek.sheets else []
    good = sum(len(row) == cells and row[0].isdecimal() and fits(row) for row in rows)
    return good > 0 and good * 4 >= len(rows) * 3


def _ofac_table(source: Source, kind: str, ignored: Iterable[str] = ()) -> Table:
    source.log.add("listing_undated")
    columns = lookup("screening")["ofac"][kind]
    return Table(source, header=columns, used=columns, ignored=ignored)


def _ofac(row: Row, reference: str, name: str, **more: Any) -> Statement:
    blank: dict[str, Any] = {"schema": "unknown", "programme": None, "aliases": (), "weak_aliases": (), "born": ()}
    listing = Listing("OFAC", reference, name=name, measure=None, **{"countries": (), **blank, **more})
    return Statement(f"listing:OFAC/{reference}", listing, UNDATED, row.origin(), OFAC)


def _read_sdn(source: Source) -> Iterator[Statement]:
    words = lookup("screening")["ofac"]

    def statement(row: Row) -> Statement:
        remarks = (row.text("remarks") or "").rstrip(".").split(";")
        name = row.need("name")
        return _ofac(
            row, row.need("ent_num"), name,
            schema=row.choice("type", words["types"]) or "organisation",
            programme="; ".join(re.split(r"\] *\[", row.text("program") or "")) or None,
            weak_aliases=_others(_remarked(remarks, r"a\.k\.a\. '(.+)'"), name),
            countries=_countries(
                [*_remarked(remarks, r"(?:nationality|citizen) (.+)"), row.text("vessel_flag") or ""],
                _unread(row, "remarks"),
            ),
            born=_distinct(_remarked(remarks, r"(DOB .+)")),
        )  # fmt: skip

    yield from each(_ofac_table(source, "sdn", words["sdn_ignored"]), statement)


def _remarked(remarks: list[str], pattern: str) -> list[str]:
    """What the remarks say in one of their fixed forms, which "alt." may go before."""
    found = (re.fullmatch(rf"(?:alt\. )?{pattern}", part.strip()) for part in remarks)
    return [match[1].strip() for match in found if match]


def _read_alt(source: Source) -> Iterator[Statement]:
    """Each other name of an entry, as a listing that says only that name."""
    yield from each(_ofac_table(source, "alt"), lambda row: _ofac(row, row.need("ent_num"), row.need("alt_name")))


def _read_add(source: Source) -> Iterator[Statement]:
    """Each country an entry has an address in, once, as a listing that says only that; its name is blank."""
    seen: set[tuple[str, str]] = set()

    def statement(row: Row) -> Statement | None:
        reference, written = row.need("ent_num"), row.text("country") or ""
        found = _countries([written], _unread(row, "country"))
        if not found or (reference, written) in seen:
            return None
        seen.add((reference, written))
        return _ofac(row, reference, "", countries=found)

    yield from each(_ofac_table(source, "add"), statement)


# --------------------------------------------------------------------------------------------------------------------
# EU


def _recognise_eu(peek: Peek) -> str | None:
    named = peek.has("celex", "recordId", "programKey", "annex", "startDate", "schema", "weakAlias")
    return f"journal-{len(peek.header)}" if named else None


def _read_eu(source: Source) -> Iterator[Statement]:
    words = lookup("screening")["eu"]
    table = Table(
        source, sheet=source.sheet_names[0], used=words["used"], ignored=words["ignored"],
        required=["celex", "recordId", "annex", "startDate", "name"],
    )  # fmt: skip

    def statement(row: Row) -> Statement:
        reference = "/".join(row.need(column) for column in ("celex", "annex", "recordId"))
        name = row.need("name")
        strong = [*row.parts("alias", ";"), *row.parts("previousName", ";")]
        places = ("country", "nationality", "jurisdiction", "flag")
        written = [part for column in places for part in row.parts(column, ";")]
        listing = Listing(
            list="EU",
            reference=reference,
            schema=row.choice("schema", words["schema"]) or "unknown",
            name=name,
            aliases=_others(strong, name),
            weak_aliases=_others(row.parts("weakAlias", ";"), name, *strong),
            programme=row.text("programKey"),
            measure=row.text("measure"),
            countries=_countries(written, _unread(row, "nationality")),
            born=_distinct(row.parts("birthDate", ";")),
        )
        spoken = _listed_on(source, row.text("startDate") or "", "startDate", row.origin(), reference)
        return Statement(f"listing:EU/{reference}", listing, spoken, row.origin(), EU)

    yield from each(table, statement)


# --------------------------------------------------------------------------------------------------------------------


def _listed_on(source: Source, written: str, column: str, origin: Origin, reference: str) -> Span:
    """The day of listing; where the entry gives none, the day the list was made, or no day at all. Problems:
    value_not_date, listing_no_day, listing_undated."""
    day: date | None = parse_day(written) if written else None
    if day:
        return on(day)
    place = {"sheet": origin.sheet, "row": origin.row, "cell": column}
    if written:
        source.log.add("value_not_date", **place, value=written)  # type: ignore[arg-type]
    if made := source.generated_on:
        source.log.add("listing_no_day", **place, reference=reference, day=made)  # type: ignore[arg-type]
        return on(made)
    source.log.add("listing_undated", **place)  # type: ignore[arg-type]
    return UNDATED


def _countries(written: Iterable[str], unread: Callable[[str], None]) -> tuple[str, ...]:
    """The ISO codes of the countries these texts name. One that cannot be read is told to `unread`."""
    known: dict[str, list[str]] = lookup("screening")["countries"]
    found: list[str] = []
    for text in written:
        if text.casefold() in known:
            found += known[text.casefold()]
        elif code := country(text):
            found.append(code)
        elif text:
            unread(text)
    return _distinct(found)


def _unread(row: Row, column: str) -> Callable[[str], None]:
    return lambda text: row.problem("listing_country_unread", column, value=text)


def _others(names: Iterable[str], *given: str) -> tuple[str, ...]:
    """The names that are not yet given, each once."""
    return tuple(name for name in _distinct(names) if name not in given)


def _distinct(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for item in items if item))


READERS = (
    Reader("un-sanctions", UN, _recognise_un, _read_un),
    Reader("ofac-sdn", OFAC, _recognise_sdn, _read_sdn),
    Reader("ofac-sdn-alt", OFAC, _recognise_alt, _read_alt),
    Reader("ofac-sdn-add", OFAC, _recognise_add, _read_add),
    Reader("eu-sanctions", EU, _recognise_eu, _read_eu),
)
