"""The stories an auditor reads: every line is what the engine answers, and what the story expects."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("derive_stories", ROOT / "scripts" / "derive_stories.py")
assert spec and spec.loader
derive = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = derive
spec.loader.exec_module(derive)
STORIES = sorted(derive.STORIES.glob("*.yaml"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_every_line_of_a_story_comes_out_as_it_says(path):
    for number, line in enumerate(derive.replay(derive.load(path)), start=1):
        told, at = line.told, f"{path.stem} line {number}: {line.told}"
        refused = line.refused.text.removeprefix("refused.") if line.refused else None
        assert refused == told.get("refused"), at
        if "act" in told and not refused:
            assert line.given == told["gives"], at
        if "clocks" in told:
            assert line.clocks == told["clocks"], at


def test_there_is_a_story_for_each_category_and_each_ends():
    letters = [path.stem[0] for path in STORIES]
    assert letters == list("abcdef")
    for path in STORIES:
        last = derive.replay(derive.load(path))[-1]
        assert last.plan.over, path.stem
        assert last.plan.letters == (path.stem[0].upper(),)


def test_the_pages_are_what_the_stories_give():
    pages = derive.pages()
    assert {path.name for path in derive.PAGES.iterdir()} == set(pages)
    for name, text in pages.items():
        assert (derive.PAGES / name).read_text(encoding="utf-8") == text, name
