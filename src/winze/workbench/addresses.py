"""Where things of the register stand: the address of a page by what it is about; None where no page has it."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from winze.workbench.models import CycleRun, PlanRow, RiskRow, Site


def to(route: str, *names: object) -> str | None:
    """The address of a route by the first of some names that it takes."""
    for name in names:
        try:
            return reverse(route, args=[name])
        except NoReverseMatch:
            continue
    return None


def place(route: str) -> str | None:
    """The address of a place of the workbench; None where it is not built."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return None


def risk(row: RiskRow) -> str | None:
    return _in_run(to("risk", row.position), row.run_id)


def plan(row: PlanRow) -> str | None:
    recorded = row.key and row.audience == "internal"
    return _in_run(to("plan-of", row.key) if recorded else to("plan", row.position), row.run_id)


def site(found: Site) -> str | None:
    return to("site", found.pk)


def run(of: CycleRun) -> str:
    return f"{reverse('cycle')}?run={of.pk}"


def _in_run(address: str | None, run: int) -> str | None:
    return address and f"{address}?run={run}"
