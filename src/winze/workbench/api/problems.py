"""What went wrong, as problem details (RFC 9457) in the reader's language: for every error below the API's address."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from winze.engine.problems import Refusal
from winze.engine.texts import catalogue, refusal, say
from winze.workbench.lists import BadAddress
from winze.workbench.store import Absent, Stale

PREFIX = "/api/v1/"
CODES = {
    "bad-address": 400,
    "bad-request": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "csrf": 403,
    "not-found": 404,
    "method": 405,
    "stale": 409,
    "refused": 409,
    "changed": 412,
    "too-large": 413,
    "invalid": 422,
    "key-used": 422,
    "too-many": 429,
    "bug": 500,
}
"""Every code of a problem with its HTTP status: a closed list, which the documentation page shows."""


class Wrong(Exception):
    """An error of a request by its code, with a sentence of its own and the fields it is about where there are any."""

    def __init__(self, code: str, detail: str = "", fields: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(code)
        self.code, self.detail, self.fields = code, detail, fields


def problem(
    request: HttpRequest, code: str, detail: str = "", fields: Sequence[tuple[str, str]] = (), **more: Any
) -> HttpResponse:
    """One problem as an answer. `fields` are pairs of a field and what is wrong with it."""
    language = getattr(request, "LANGUAGE_CODE", "en")
    body: dict[str, Any] = {
        "type": f"{PREFIX}docs#{code}",
        "code": code,
        "status": CODES[code],
        "title": say(f"wb.api.problem.{code}", language),
        "detail": detail or say(f"wb.api.detail.{code}", language),
        "instance": request.path,
        **more,
    }
    if fields:
        body["errors"] = [{"field": field, "detail": said} for field, said in fields]
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), "application/problem+json", status=CODES[code], charset="utf-8"
    )
    if code == "unauthenticated":
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


# -- of the middleware -----------------------------------------------------------------------------------------------

BY_STATUS = {400: "bad-request", 403: "forbidden", 404: "not-found", 405: "method", 413: "too-large", 500: "bug"}


def worded(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Below the API's address every error is a problem in words, also one that never came to an operation."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        told = response.headers.get("Content-Type", "").startswith("application/problem+json")
        if not request.path.startswith("/api/") or response.status_code < 400 or told:
            return response
        found = problem(request, BY_STATUS.get(response.status_code, "bug"))
        response.content, response.headers["Content-Type"] = found.content, found.headers["Content-Type"]
        response.headers.pop("Content-Length", None)
        return response

    return middleware


# -- of the operations -----------------------------------------------------------------------------------------------


def handle(api: NinjaAPI) -> None:
    """Gives the API its answers to everything that operations raise. Any other exception is our bug (500)."""
    for kind, answer in ANSWERS.items():
        api.add_exception_handler(kind, answer)


def _wrong(request: HttpRequest, wrong: Any) -> HttpResponse:
    return problem(request, wrong.code, wrong.detail, wrong.fields)


def _refused(request: HttpRequest, wrong: Any) -> HttpResponse:
    return problem(request, "refused", refusal(wrong, request.LANGUAGE_CODE), rule=wrong.rule)


def _stale(request: HttpRequest, wrong: Any) -> HttpResponse:
    code = "changed" if "If-Match" in request.headers else "stale"
    return problem(request, code, say("wb.refused.stale", request.LANGUAGE_CODE))


def _address(request: HttpRequest, wrong: Any) -> HttpResponse:
    said = say("wb.refused.address", request.LANGUAGE_CODE, name=wrong.name)
    return problem(request, "bad-address", said, [(wrong.name, said)])


def _invalid(request: HttpRequest, wrong: Any) -> HttpResponse:
    language = request.LANGUAGE_CODE
    fields = [(_field(error["loc"]), _said(error, language)) for error in wrong.errors]
    return problem(request, "invalid", fields=fields)


def _field(where: Sequence[Any]) -> str:
    """Which field, without the part of the request and the name of the schema before it."""
    found = [str(part) for part in where[1:]]
    return ".".join(found[1:] if len(found) > 1 and found[0] in ("body", "given", "asked") else found) or str(where[0])


def _said(error: dict[str, Any], language: str) -> str:
    """What is wrong with a field, in words; of a kind we have no sentence for, that it does not fit."""
    kind = str(error["type"])
    named = f"wb.api.invalid.{kind.replace('_', '-')}"
    values = {name: str(value) for name, value in (error.get("ctx") or {}).items()}
    if named in catalogue():
        return say(named, language, **values)
    return say("wb.api.invalid.other", language)


def _http(request: HttpRequest, wrong: Any) -> HttpResponse:
    """What the API library itself refuses: a body that is no JSON, a form without its token."""
    return problem(request, {400: "bad-request", 403: "csrf"}.get(wrong.status_code, "bug"))


ANSWERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    Wrong: _wrong,
    Refusal: _refused,
    Stale: _stale,
    Absent: lambda request, wrong: problem(request, "not-found"),
    BadAddress: _address,
    ValidationError: _invalid,
    AuthenticationError: lambda request, wrong: problem(request, "unauthenticated"),
    Throttled: lambda request, wrong: problem(request, "too-many"),
    HttpError: _http,
}
