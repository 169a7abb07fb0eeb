"""The API described: as OpenAPI for programs, and as a page that works without any script."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from winze.workbench.api.declared import API, api
from winze.workbench.api.problems import CODES, PREFIX
from winze.workbench.routes import PUBLIC, Request, route


@cache
def described() -> dict[str, Any]:
    """The OpenAPI document: the same as long as the process runs."""
    return dict(api.get_openapi_schema())


@route("api/v1/openapi.json", act="anybody", shows=(PUBLIC,), name="api-openapi")
def openapi(request: Request) -> HttpResponse:
    return JsonResponse(described())


@route("api/v1/docs", act="anybody", shows=(PUBLIC,), name="api-docs")
def docs(request: Request) -> HttpResponse:
    """Every operation: its address, who may, what it takes and what it answers."""
    document = described()
    operations = [
        _operation(path, method, said, document)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    parts: dict[str, list[dict[str, Any]]] = {}
    for one in operations:
        parts.setdefault(one["tag"], []).append(one)
    problems = [(code, status, f"wb.api.problem.{code}") for code, status in CODES.items()]
    return render(request, "workbench/api.html", {"parts": parts, "problems": problems, "prefix": PREFIX})


def _operation(path: str, method: str, said: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    declared = API[f"api-{said['operationId']}"]
    return {
        "path": path, "method": method.upper(), "id": said["operationId"], "summary": said["summary"],
        "description": said.get("description", "").partition("\n\n")[2], "tag": said["tags"][0], "act": declared.act,
        "classes": sorted(str(one) for one in declared.shows),
        "parameters": [(one["name"], one["in"], one.get("description", "")) for one in said["parameters"]],
        "fields": _fields(said.get("requestBody"), document),
        "answers": [(status, ok["description"]) for status, ok in sorted(said["responses"].items())],
    }  # fmt: skip


def _fields(body: dict[str, Any] | None, document: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """The fields of a body: name, what it is, whether it must be there."""
    if body is None:
        return []
    schema = next(iter(body["content"].values()))["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    needed = schema.get("required", ())
    return [(name, _what(part), name in needed) for name, part in schema["properties"].items()]


def _what(part: dict[str, Any]) -> str:
    kinds = [one.get("type", "") for one in part.get("anyOf", [part])]
    closed = ", ".join(str(value) for value in part.get("enum", ()))
    return " · ".join(filter(None, ("/".join(filter(None, kinds)), closed, part.get("description", ""))))
