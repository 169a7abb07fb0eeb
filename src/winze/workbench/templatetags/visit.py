"""The guided first visit on the home page, and the demo's hint on the sign-in page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from winze.workbench.routes import ROUTES
from winze.workbench.store import visit

register = template.Library()


@register.inclusion_tag("workbench/_visit.html", takes_context=True)
def guided_visit(context: Context) -> dict[str, Any]:
    """The steps of the visit that can be taken here; nothing outside a demo."""
    actor = context.get("actor")
    found = visit.steps(actor) if actor else None
    shown = [step for step in found or () if step.route in ROUTES or not step.route]
    return {
        "steps": shown, "left": sum(not step.done for step in shown), "language": context.get("language", "en"),
        "csrf_token": context.get("csrf_token"),
    }  # fmt: skip


@register.simple_tag
def is_demo() -> bool:
    return visit.demo()
