"""Every word of the pages comes from the catalogue, and no word of the catalogue's pages is left unused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import winze.workbench
from winze.engine.texts import catalogue

ROOM = Path(winze.workbench.__file__).parent
TEMPLATES = sorted((ROOM / "templates").rglob("*.html"))
CODE = sorted(ROOM.rglob("*.py"))
SAID = re.compile(r"{%\s*say\s+([\"'])(?P<id>[^\"']+)\1(?!\|)")
NAMES = frozenset(
    {"Winze", "XLSX", "CSV", "JSON", "UTC", "API", "doi", "body", "cycle", "json", "SHA", "https", "org", "简体中文"}
)
"""Names that are the same in every language: of formats, keys and addresses."""
STATIC_SAID = re.compile(r"[\"'](?P<id>wb\.[a-z0-9.-]+[a-z0-9])[\"']")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_only_what_the_catalogue_holds(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [found["id"] for found in SAID.finditer(text) if found["id"] not in catalogue()]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_words_of_its_own_no_style_and_no_script(path: Path) -> None:
    """What is left of a template without tags, elements and comments is punctuation, figures and names of formats."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert not re.search(r"<[^>]+\son[a-z]+=", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    bare = re.sub(r"{%\s*comment.*?endcomment\s*%}", " ", text, flags=re.S)
    bare = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", bare, flags=re.S)
    bare = re.sub(r"<(style|script)\b.*?</\1>|<!--.*?-->|<[^>]*>", " ", bare, flags=re.S)
    bare = re.sub(r"&[a-z#0-9]+;", " ", bare)
    words = set(re.findall(r"[^\W\d_]{3,}", bare)) - NAMES
    assert not words


def test_ids_in_the_code_are_in_the_catalogue() -> None:
    """Whole ids only: an id put together from parts ends on a dot or holds a brace, and is not found here."""
    absent = {
        (path.name, found["id"])
        for path in CODE
        for found in STATIC_SAID.finditer(path.read_text(encoding="utf-8"))
        if found["id"] not in catalogue() and not any(name.startswith(found["id"] + ".") for name in catalogue())
    }
    assert not absent


def test_no_text_of_the_pages_is_left_unused() -> None:
    everything = "\n".join(path.read_text(encoding="utf-8") for path in (*TEMPLATES, *CODE))
    everything += "\n".join(path.read_text(encoding="utf-8") for path in (ROOM / "static").rglob("*.js"))
    made = re.findall(r"[\"'`f](wb\.[a-z0-9.-]*)[{.]", everything)  # ids put together: their beginnings count
    made += [found["id"] for found in STATIC_SAID.finditer(everything) if found["id"] not in catalogue()]
    starts = tuple({start for start in made if start.count(".") >= 1 and len(start) > 5})
    unused = [
        name
        for name in catalogue()
        if name.startswith("wb.") and name not in everything and not name.startswith(starts)
    ]
    assert not unused


def test_every_event_of_the_journal_has_a_word() -> None:
    """Each verb that the code records, whole; acts on plans are worded by their own lists."""
    recorded = re.compile(r"journal\.record\(\s*[\w.]+,\s*\"([a-z-]+(?:\.[a-z-]+)?)\"")
    verbs = {verb for path in CODE for verb in recorded.findall(path.read_text(encoding="utf-8"))}
    assert len(verbs) > 30
    assert {verb for verb in verbs if f"wb.event.{verb}" not in catalogue()} == set()
