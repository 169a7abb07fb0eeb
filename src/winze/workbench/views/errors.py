"""Pages for what is not there, not allowed, or a bug of ours."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from winze.formats.wording import HTML_LANG


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "workbench/missing.html", status=404)


def forbidden(request: HttpRequest, exception: Any = None, reason: str = "") -> HttpResponse:
    return render(request, "workbench/refused.html", {"sentence": ""}, status=403)


def bug(request: HttpRequest) -> HttpResponse:
    """Says that it was our bug, from the template alone: whatever broke may break what stands around a page too."""
    spoken = getattr(request, "LANGUAGE_CODE", "en")
    said = {"language": spoken, "html_lang": HTML_LANG[spoken]}
    return HttpResponse(render_to_string("workbench/bug.html", said), status=500)
