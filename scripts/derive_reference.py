"""Writes the closed lists of docs/reference from the data they stand in: problem codes, risk kinds, signals, formats.

Run it after changing a text, rule or reader; a test fails while the pages are not what this writes.
"""

from __future__ import annotations

from pathlib import Path

from winze.engine import rules
from winze.engine.likelihood import FORCES, SPEAKING
from winze.engine.risks import ACTIONS, BASES, EVIDENCE_LEVELS, INVOLVEMENTS
from winze.engine.texts import catalogue, severities
from winze.formats import reading, templates

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"


def problems() -> str:
    """Every problem code with its severity, sentence and hint."""
    lines = [
        "# Problem codes",
        "",
        "A closed list. *error*: something was not loaded (exit code 1); *warning*: loaded, but look; *note*: nothing",
        "to mend. Words in braces are filled in with the values of the case.",
        "",
        "| Code | Severity | Sentence | What to do |",
        "|---|---|---|---|",
    ]
    for code, severity in sorted(severities().items()):
        said, todo = catalogue()[f"problem.{code}"]["en"], catalogue()[f"hint.{code}"]["en"]
        lines.append(f"| `{code}` | {severity} | {said} | {todo} |")
    return "\n".join(lines) + "\n"


def lists() -> str:
    """Kinds, bases, levels, actions, signals and formats."""
    book = rules.load()
    lines = ["# Closed lists", "", "## Risk kinds", "", "| Kind | Annex II | Title | Scale | Irremediability |",
             "|---|---|---|---|---|"]  # fmt: skip
    for rule in book.rules("risk-kind"):
        facts = rule.facts
        kind = rule.id.removeprefix("risk-kind/")
        parts = (f"`{kind}`", facts["annex_ii"], rule.title["en"], facts.get("scale"), facts.get("irremediability"))
        lines.append("| " + " | ".join(str(part) for part in parts) + " |")
    lines += ["", "Severity parts are whole numbers from 1 to 5, or null where unknown.", ""]
    for title, values in (
        ("Likelihood bases", BASES),
        ("Likelihood targets", tuple(FORCES)),
        ("What a statement says to a question", SPEAKING),
        ("Evidence levels, weakest first", EVIDENCE_LEVELS),
        ("Involvement", INVOLVEMENTS),
        ("Response actions", ACTIONS),
    ):
        lines += [f"## {title}", "", ", ".join(f"`{value}`" for value in values), ""]
    lines += ["## Signals", "", "| Kind | Title |", "|---|---|"]
    for name, entry in sorted(catalogue().items()):
        if name.startswith("signal."):
            lines.append(f"| `{name.removeprefix('signal.')}` | {entry['en']} |")
    lines += ["", "States: `raised`, `clear`, `cannot-evaluate`.", ""]
    lines += ["## Formats", "", "| Format | Source |", "|---|---|"]
    for reader in reading.readers():
        lines.append(f"| `{reader.format}` | {book.source(reader.source).title['en']} |")
    lines += ["", "Templates: " + ", ".join(f"`{name}`" for name in templates.TEMPLATES) + ".", ""]
    return "\n".join(lines)


PAGES = {"problems.md": problems, "lists.md": lists}


def main() -> None:
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
