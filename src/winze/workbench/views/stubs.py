"""Pages still to be built; each goes when its own module has it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from winze.workbench.routes import Request, route


def _stub(name: str, path: str, methods: tuple[str, ...] = ("GET",)) -> None:
    @route(path, act="see", name=name, methods=methods)
    def page(request: Request, **kwargs: object) -> HttpResponse:
        return render(request, "workbench/home.html")


for name, path in (("search", "search/"), ("cycle", "cycle/"), ("rules", "rules/")):
    _stub(name, path)
for name in ("assign", "comment"):
    _stub(name, f"{name}/", methods=("POST",))
