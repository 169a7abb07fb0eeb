"""Writes the closed lists of docs/reference from the data they stand in: problem codes, risk kinds, signals, formats.

Run it after changing a text, rule or reader; a test fails while the pages are not what this writes.
"""

from __future__ import annotations

from pathlib import Path

from winze.engine import rules, workflow
from winze.engine.again import APART, OWN
from winze.engine.likelihood import FORCES, SPEAKING
from winze.engine.plan import LEVELS
from winze.engine.risks import ACTIONS, BASES, EVIDENCE_LEVELS, INVOLVEMENTS
from winze.engine.texts import LANGUAGES, catalogue, severities
from winze.formats import reading, templates
from winze.formats.reading import lookup

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
    lines += ["## Plans", "", "States and acts stand in [workflows.md](workflows.md).", ""]
    for title, values in (
        ("Outcomes of a review", ("improved", "partly", "none")),
        ("What an assessment found, weakest first", LEVELS),
        ("Who was consulted", tuple(lookup("templates")["plan-groups"])),
        ("Reasons for a pause", book.rule("plan/pause").facts["reasons"]),
        ("Clocks", tuple(name.removeprefix("clock.") for name in catalogue() if name.startswith("clock."))),
    ):
        lines += [f"{title}: " + ", ".join(f"`{value}`" for value in values) + ".", ""]
    lines += ["| Measure | Indicator | Unit | Better |", "|---|---|---|---|"]
    for rule in book.rules("measure"):
        facts = rule.facts
        lines.append(f"| `{rule.id}` | {facts['measures']['en']} | {facts['unit']} | {facts['better']} |")
    lines += ["", "## Signals", "", "| Kind | Title |", "|---|---|"]
    for name, entry in sorted(catalogue().items()):
        if name.startswith("signal."):
            lines.append(f"| `{name.removeprefix('signal.')}` | {entry['en']} |")
    lines += ["", "States: `raised`, `clear`, `cannot-evaluate`.", ""]
    lines += ["## Formats", "", "| Format | Source |", "|---|---|"]
    for reader in reading.readers():
        lines.append(f"| `{reader.format}` | {book.source(reader.source).title['en']} |")
    lines += ["", "Templates: " + ", ".join(f"`{name}`" for name in templates.TEMPLATES) + ".", ""]
    lines += ["## The same thing said again", "", "Kind and source, and:", "",
              "| Kind | The source's own key | Else subject, days and |", "|---|---|---|"]  # fmt: skip
    for record, apart in sorted(APART.items(), key=lambda item: str(item[0].kind)):
        own, names = (", ".join(f"`{name}`" for name in found) for found in (OWN.get(record, ()), apart))
        lines.append(f"| `{record.kind}` | {own} | {names} |")
    lines.append("")
    return "\n".join(lines)


def workflows() -> str:
    """Every workflow: its diagram and its table, and what each refusal says."""
    lines = [
        "# Workflows",
        "",
        "Derived from the tables in `src/winze/rules/workflows`. A plan's state is what its acts, folded in order of",
        "their days, have led to. Roles: `owner` (responsible for the plan), `approver` (senior management), `outside`",
        "(a funder or peer body, the second pair of eyes of a small team), `party` (whom the plan names). Beyond the",
        "tables acts are asked what the Guidance asks; the sentences of all refusals stand at the end.",
    ]
    for rule in (book := rules.load()).rules("workflow"):
        flow = workflow.workflows(book)[rule.id.removeprefix("workflow/")]
        lines += ["", f"## {rule.title['en']}", "", f"`{rule.id}`", "", "```mermaid", workflow.diagram(flow), "```", ""]
        lines += ["| From | Act | To | Role | Event | Signed | Four eyes: differs from | Outside up to |",
                  "|---|---|---|---|---|---|---|---|"]  # fmt: skip
        for step in flow.transitions:
            pair = flow.four_eyes.get(step.verb)
            cells = (
                f"`{step.start}`", f"`{step.verb}`", f"`{step.end}`", step.role, step.event,
                "yes" if step.verb in flow.signed else "", ", ".join(pair.differs_from) if pair else "",
                pair.ceiling or "" if pair else "",
            )  # fmt: skip
            lines.append("| " + " | ".join(cells) + " |")
    lines += [
        "",
        "## Acts and their words",
        "",
        "| Act | English | Français | Español | 简体中文 |",
        "|---|---|---|---|---|",
    ]
    for verb, said in lookup("templates")["plan-acts"].items():
        lines.append(f"| `{verb}` | " + " | ".join(said[language][0] for language in LANGUAGES) + " |")
    lines += ["", "## Refusals", "", "| Code | Sentence |", "|---|---|"]
    for name, entry in catalogue().items():
        if name.startswith("refused.") and "{rule}" in entry["en"]:
            lines.append(f"| `{name.removeprefix('refused.')}` | {entry['en']} |")
    return "\n".join(lines) + "\n"


PAGES = {"problems.md": problems, "lists.md": lists, "workflows.md": workflows}


def main() -> None:
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
