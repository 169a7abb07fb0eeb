"""Words in templates: `{% say "message.id" count=3 %}`, `{{ value|said:language }}`, and the small pictures."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from winze.formats.wording import phrase, term, worded
from winze.workbench import presenters

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, message: str, **values: Any) -> str:
    """The sentence of a message id in the page's language; autoescaped like any text."""
    return phrase(message, str(context.get("language", "en")), **values)


@register.filter
def said(value: Any, language: str) -> str:
    return presenters.said(value, language)


@register.filter
def dated(value: Any, language: str) -> str:
    return worded(value, language)


@register.simple_tag
def interval(value: Any, width: int = 160) -> SafeString:
    """A probability as a dot with its interval, 0 at the left and 1 at the right; nothing for an unknown one."""
    p, low, high = value
    if p is None:
        return SafeString("")
    inside = width - 12
    x, a, b = (6 + inside * float(one) for one in (p, low, high))
    return format_html(
        '<svg class="range" width="{}" height="22" aria-hidden="true" focusable="false">'
        '<line x1="0" x2="{}" y1="11" y2="11"/><rect x="{}" y="8" width="{}" height="6" rx="3"/>'
        '<circle cx="{}" cy="11" r="5"/></svg>',
        width, width, f"{a:.1f}", f"{max(b - a, 1):.1f}", f"{x:.1f}",
    )  # fmt: skip


@register.simple_tag
def bar(contribution: float | None, most: float, width: int = 150) -> SafeString:
    """A contribution left or right of zero, as long as it weighs."""
    if contribution is None or not most:
        return SafeString("")
    half = width / 2
    size = min(abs(contribution) / most, 1) * (half - 2)
    start = half if contribution >= 0 else half - size
    return format_html(
        '<svg class="bar" width="{}" height="14" aria-hidden="true" focusable="false">'
        '<line x1="{}" x2="{}" y1="0" y2="14"/><rect class="{}" x="{}" y="2" width="{}" height="10"/></svg>',
        width, half, half, "up" if contribution >= 0 else "down", f"{start:.1f}", f"{max(size, 0.5):.1f}",
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def allowed(context: Context, act: str, sentence: str | None = None) -> dict[str, Any]:
    """Whether the reader may do an act, and why not: `{% allowed "judge" as it %}`."""
    return presenters.button(context["actor"], act, sentence)


@register.simple_tag(takes_context=True)
def class_word(context: Context, data_class: Any) -> str:
    """A data class in the page's language."""
    return phrase(f"wb.class.{data_class}", str(context.get("language", "en")))


@register.simple_tag(takes_context=True)
def act_word(context: Context, verb: str) -> str:
    """An act on a plan in the page's language."""
    return term(f"act.{verb}", str(context.get("language", "en")))


@register.simple_tag(takes_context=True)
def status_word(context: Context, status: str) -> str:
    """The state's own word for a site."""
    return term(f"status.{status}", str(context.get("language", "en")))


@register.simple_tag(takes_context=True)
def in_language(context: Context, texts: Any) -> str:
    """One of four texts: the page's language."""
    return str(texts[str(context.get("language", "en"))])


@register.filter
def unlocalized(value: Any) -> str:
    """A figure as a form takes it back, in no language's writing."""
    return "" if value is None else str(value)


@register.simple_tag
def time_line(line: Any) -> SafeString:
    """Dated evidence on a line, oldest left; the words stand in the list below it."""
    dots = format_html_join(
        "", '<circle class="{}" cx="{}" cy="14" r="5"><title>{}</title></circle>',
        (("quiet" if mark.raises is None else "up" if mark.raises else "down", mark.x, mark.day.isoformat())
         for mark in line["marks"]),
    )  # fmt: skip
    return format_html(
        '<svg class="timeline" viewBox="0 0 {} 40" width="{}" aria-hidden="true" focusable="false">'
        '<line x1="10" x2="{}" y1="14" y2="14"/>{}<text x="10" y="36">{}</text>'
        '<text x="{}" y="36" text-anchor="end">{}</text></svg>',
        line["width"], line["width"], line["end"], dots,
        line["first"].isoformat(), line["end"], line["last"].isoformat(),
    )  # fmt: skip
