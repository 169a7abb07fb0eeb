"""The closed lists in docs/reference are what the data say, and what the docs name exists."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("derive_reference", ROOT / "scripts" / "derive_reference.py")
assert spec and spec.loader
derive = importlib.util.module_from_spec(spec)
spec.loader.exec_module(derive)


@pytest.mark.parametrize("name", sorted(derive.PAGES))
def test_a_derived_page_is_up_to_date(name):
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == derive.PAGES[name]()


def test_every_verb_of_the_shell_is_documented():
    from winze import cli

    verbs = {name for name in cli.app if not name.startswith("-")}
    page = (ROOT / "docs" / "reference" / "shell.md").read_text(encoding="utf-8")
    assert all(f"`winze {verb}" in page or f"`{verb}" in page for verb in verbs), verbs


PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{page} -> {target}"


def test_every_choice_of_our_own_that_a_rule_cites_stands_in_the_decisions():
    from winze.engine import rules

    text = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## (?:\d+\. )?(.+)$", text, flags=re.MULTILINE))
    cited = {
        cite.section
        for rule in rules.load().rules()
        for cite in rule.cites
        if cite.document == "winze-house" and cite.section
    }
    assert cited
    assert {section.split(",")[0] for section in cited} <= headings, cited - headings
