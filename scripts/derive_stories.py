"""Writes docs/stories: six cases from finding to closure or disengagement, one for each category of Annex II.

Each stands in tests/stories as dated acts with what is expected of each; here they go through the engine, and what the
engine answers is what the page says. A test holds page and expectations to it, line by line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from winze.engine import leaving, mitigation, register, rules
from winze.engine.clocks import clocks
from winze.engine.plan import Case, Plan, unopened
from winze.engine.problems import Refusal
from winze.engine.records import ArmedActor, Origin, PlanAct, SiteEntry, Statement, Supply, Visit, on
from winze.engine.responses import permit
from winze.engine.texts import catalogue, refusal
from winze.formats.lines import worded
from winze.formats.wording import day as in_words

ROOT = Path(__file__).resolve().parents[1]
STORIES, PAGES = ROOT / "tests" / "stories", ROOT / "docs" / "stories"
RULES = rules.load()


@dataclass(frozen=True)
class Line:
    """One line of a story: what it says of itself, and what the engine made of it."""

    told: dict[str, Any]
    plan: Plan
    refused: Refusal | None
    case: Case

    @property
    def given(self) -> str:
        return f"{self.plan.state}, {self.plan.trade}"

    @property
    def clocks(self) -> dict[str, str]:
        """What is due after it, by the day of the line; overdue ones say so."""
        today = self.told.get("day") or self.told["look"]
        return {
            clock.what: f"{clock.falls}{' overdue' if clock.overdue(today) else ''}"
            for clock in clocks(self.plan, self.case)
        }


def load(path: Path) -> dict[str, Any]:
    story: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return story


def evidence(story: dict[str, Any]) -> list[Statement]:
    """The chain and the visits of a story; how many people work at its site is unknown where it does not say."""
    site, place = "site:story/hill", ("COD", "Sud-Kivu", "Mwenga")
    minerals = ("gold",)
    told = [Statement(site, SiteEntry("Hill", *_reordered(place), None, minerals, story.get("workers")),
                      on(date(2019, 1, 1)), Origin("sites.csv", None, 3), "user")]  # fmt: skip
    links = (("Hill Cooperative", "Comptoir Amani", "Hill", None), ("Comptoir Amani", "Lumière Metals", None, "buyer"))
    for row, (seller, buyer, origin, mine) in enumerate(links, start=3):
        link = Supply(seller, buyer, "gold", origin, (), None, mine)
        told.append(
            Statement(register.party_id(seller), link, on(date(2019, 1, 1)), Origin("chain.csv", None, row), "user")
        )
    for row, visit in enumerate(story["visits"], start=2):
        actors = tuple(ArmedActor(a["name"], a["force"], acts=tuple(a["acts"])) for a in visit.get("actors", ()))
        calm = None if actors or not visit.get("calm") else False
        record = Visit("Hill", *place, None, minerals, "on-site", workers=story.get("workers"), actors=actors,
                       armed_presence=calm, interference=calm)  # fmt: skip
        told.append(Statement(site, record, on(visit["day"]), Origin("visits.csv", None, row), "user"))
    return told


def _reordered(place: tuple[str, str, str]) -> tuple[str, str, str]:
    country, province, territory = place
    return country, territory, province


def act(line: dict[str, Any], row: int) -> Statement:
    figure = line.get("figure")
    said = PlanAct(
        "S1", line["act"], line["role"], line.get("person"), tuple(line.get("concerns", ())),
        Decimal(str(figure)) if isinstance(figure, int | float) else None,
        figure if isinstance(figure, date) else None,
        figure if isinstance(figure, str) else None,
        line.get("remark"),
    )  # fmt: skip
    return Statement("plan:S1", said, on(line["day"]), Origin("plans.csv", None, row), "user")


def replay(story: dict[str, Any]) -> list[Line]:
    """Every line of a story through the engine, each with what was known on its day."""
    told, acts, lines = evidence(story), [], []
    for row, line in enumerate(story["lines"], start=3):
        today: date = line.get("day") or line["look"]
        known = [s for s in told if s.known(today)]
        case = Case(known, register.build(known), (), RULES, today)
        refused = None
        if "act" in line:
            one = act(line, row)
            before = mitigation.replay("S1", acts, case)[0] if acts else unopened(case, "S1")
            assert isinstance(one.said, PlanAct)
            answer = permit(before, one.said, today, case)
            refused = answer if isinstance(answer, Refusal) else None
            acts += [] if refused else [one]
        plan = mitigation.replay("S1", acts, case)[0] if acts else unopened(case, "S1")
        lines.append(Line(line, plan, refused, case))
    return lines


def page(path: Path) -> str:
    """A story as a page an auditor reads."""
    story = load(path)
    out = [f"# {story['title']}", "", " ".join(story["told"].split()), ""]
    workers = story.get("workers")
    out += [f"Risk: `{story['risk']}`. People known to work there: {'unknown' if workers is None else workers}.", ""]
    out += ["Found: " + "; ".join(_visit(visit) for visit in story["visits"]) + ".", ""]
    out += ["| Day | Act | By | Concerns | What followed |", "|---|---|---|---|---|"]
    out += [_row(line) for line in replay(story)]
    return "\n".join(out) + "\n"


def _visit(visit: dict[str, Any]) -> str:
    actors = ", ".join(f"{a['name']} ({a['force']}): {', '.join(a['acts'])}" for a in visit.get("actors", ()))
    otherwise = "nobody armed" if visit.get("calm") else "nothing of armed actors"
    return f"visit of {in_words(visit['day'], 'en')}: {actors or otherwise}"


def _row(line: Line) -> str:
    told = line.told
    if "act" not in told:
        due = "; ".join(f"{catalogue()[f'clock.{what}']['en'].lower()}: {when}" for what, when in line.clocks.items())
        return f"| {told['look']} | *What is due* | | | {due or 'nothing'} |"
    figure = told.get("figure")
    concerns = "; ".join(
        str(part)
        for part in (
            *told.get("concerns", ()),
            *([figure] if figure is not None else ()),
            *([told["remark"]] if told.get("remark") else ()),
        )
    )
    by = f"{told.get('person') or '(no name)'}, {told['role']}"
    return f"| {told['day']} | {worded('plan-acts', told['act'], 'en')} | {by} | {concerns} | {_followed(line)} |"


def _followed(line: Line) -> str:
    if line.refused:
        return f"**Refused.** {refusal(line.refused, 'en')}"
    words = [catalogue()[f"term.plan-state.{state}"]["en"] for state in (line.plan.state, line.plan.trade)]
    said = f"{words[0]}; {words[1]}"
    if line.told["act"] == "adopt":
        said += f". Deadline {line.plan.adoptions[-1].deadline}"
    if line.told["act"] in ("suspend", "disengage"):
        said += f". {_harm(line)}"
    return said


def _harm(line: Line) -> str:
    """Who loses a buyer by it."""
    assert line.plan.party is not None
    harm = leaving.harm((line.plan.party,), (), line.case.register, RULES, line.case.as_of)
    if harm.people is not None:
        return f"Lose their buyer: {harm.people} people at {harm.sites} site"
    return f"Lose their buyer: unknown; sites whose workers nobody counted: {harm.sites_unknown}"


def index() -> str:
    lines = [
        "# Stories",
        "",
        "Six invented cases, one for each category of Annex II, from a finding to closure or disengagement: who did",
        "what on which day, what the rules permitted, what they refused and why, and which clocks ran. All names are",
        "invented. What followed each act is what the engine answered; tests hold every line to it.",
        "",
    ]
    lines += [f"- [{load(path)['title']}]({path.stem}.md)" for path in sorted(STORIES.glob("*.yaml"))]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    return {"README.md": index(), **{f"{path.stem}.md": page(path) for path in sorted(STORIES.glob("*.yaml"))}}


def main() -> None:
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
