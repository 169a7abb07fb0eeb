"""Pages for what is not there, not allowed, or a bug of ours."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "workbench/missing.html", status=404)


def forbidden(request: HttpRequest, exception: Any = None, reason: str = "") -> HttpResponse:
    return render(request, "workbench/refused.html", {"sentence": ""}, status=403)


def bug(request: HttpRequest) -> HttpResponse:
    return render(request, "workbench/bug.html", status=500)
