"""How an operation of the API is declared, and what each passes through: who asks, how often, whether they may, whether
it was asked before.

`@operation("POST", "imports/{int:number}/undo", act="import", …)` declares an operation once: in `API` (the access
matrix), with the API library (addresses, OpenAPI, checks of what is sent), and before the guard (401, 403, 429).
Everything a POST does stands in one transaction with its idempotency key.
"""

from __future__ import annotations

import hashlib
import inspect
import threading
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.openapi.schema import OpenAPISchema
from ninja.responses import Status
from ninja.security import APIKeyCookie, HttpBearer
from ninja.throttling import SimpleRateThrottle
from pydantic import Field

from winze import __version__
from winze.engine.records import DataClass
from winze.workbench.access import ACTS, Actor, refused
from winze.workbench.api import problems
from winze.workbench.api.problems import Wrong
from winze.workbench.routes import PARTNER, PUBLIC, Request, Route
from winze.workbench.store import answers, tokens

API: dict[str, Route] = {}
"""Every operation by its name."""


# -- who asks --------------------------------------------------------------------------------------------------------


def _needs(request: HttpRequest, actor: Actor, act: str) -> Actor:
    """The actor, where the act is theirs: asked before anything of the request is looked at."""
    if sentence := refused(actor, act, request.LANGUAGE_CODE):
        raise Wrong("forbidden", sentence)
    return actor


class Token(HttpBearer):
    """A token: `Authorization: Bearer wz_…`. It may what its scopes say and never more than its owner."""

    def __init__(self, act: str) -> None:
        super().__init__()
        self.act = act

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        found = tokens.find(token)
        request.actor = found  # type: ignore[attr-defined]
        return found and _needs(request, found, self.act)


class Session(APIKeyCookie):
    """Somebody signed in at the pages; what changes something needs the form's token (X-CSRFToken) too. A request that
    brings a token is not looked at again."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, act: str) -> None:
        super().__init__()
        self.act = act

    def __call__(self, request: HttpRequest) -> Actor | None:
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            raise Wrong("forbidden")
        return _needs(request, actor, self.act)


class Rate(threading.local, SimpleRateThrottle):
    """How often one token, or one person at the pages, may ask; each thread counts with a copy of its own."""

    def __init__(self) -> None:
        super().__init__(settings.API_RATE)

    def get_cache_key(self, request: HttpRequest) -> str:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        return f"api:{actor.id}"


RATE = Rate()


class Winze(NinjaAPI):
    """The API with its problems described: as problem details, in every operation that may answer so."""

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        found = super().get_openapi_schema(**{"path_prefix": problems.PREFIX, **given})
        found["components"]["schemas"]["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        found["components"]["schemas"] |= found["components"]["schemas"]["Problem"].pop("$defs")
        return found


class FieldProblem(Schema):
    """What is wrong with one field of what was sent."""

    field: str
    detail: str


class Problem(Schema):
    """What went wrong (RFC 9457). `code` is one of a closed list and does not change with the language."""

    type: str
    code: str
    status: int
    title: str
    detail: str
    instance: str
    rule: str | None = None
    errors: list[FieldProblem] = Field(default_factory=list)


api = Winze(
    title="Winze",
    version=__version__,
    description="All that the pages of the workbench do, for programs.",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
problems.handle(api)


# -- declaring -------------------------------------------------------------------------------------------------------


def operation(
    method: str,
    path: str,
    *,
    act: str,
    answer: Any,
    shows: Iterable[DataClass] = (PUBLIC, PARTNER),
    status: int = 200,
    problems: Iterable[int] = (),
    versioned: bool = False,
    name: str | None = None,
    tag: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares an operation. `answer` is the schema of its answer, None for a file; `problems` the statuses it may
    answer beside those that all of its kind may; `versioned` that it takes If-Match or a version_number."""
    assert act in ACTS, act

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        label = name or "api-" + view.__name__.rstrip("_").replace("_", "-")
        assert label not in API, f"two operations are called {label}"
        signature = inspect.signature(view, eval_str=True)

        @wraps(view)
        def guarded(request: Request, **given: Any) -> Any:
            return (
                _once(request, lambda: view(request, **given), status) if method == "POST" else view(request, **given)
            )

        guarded.__signature__ = signature  # type: ignore[attr-defined]
        sent = len(signature.parameters) > 1
        may = {401, 429, *problems} | ({404} if "{" in path else set()) | ({422} if sent else set())
        may |= {403} if method == "POST" or act != "see" else set()
        may |= ({400, 422} if method == "POST" else set()) | ({409, 412} if versioned else set())
        extra = {
            "responses": {number: _described(number) for number in sorted(may)},
            "parameters": [*([KEY] if method == "POST" else []), *([MATCH] if versioned else [])],
        }
        api.api_operation(
            [method], f"/{path}", response={status: answer} if answer is not None else {status: None},
            operation_id=label.removeprefix("api-"), url_name=label, summary=_first_line(view), openapi_extra=extra,
            tags=[tag or path.partition("/")[0]], auth=[Token(act), Session(act)], throttle=[RATE], exclude_unset=True,
        )(guarded)  # fmt: skip
        API[label] = Route(f"api/v1/{path}", label, guarded, act, frozenset(shows), (method,))
        return guarded

    return declare


KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "A text of your own for this request. Sent again with the same request it gives the first answer "
    "and does nothing; kept 7 days. An answer that is a problem did nothing and is not kept.",
}
MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of what you read: 412 where somebody changed it since.",
}


def _described(number: int) -> dict[str, Any]:
    codes = ", ".join(code for code, status in problems.CODES.items() if status == number)
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": codes, "content": {"application/problem+json": {"schema": schema}}}


def _first_line(view: Callable[..., Any]) -> str:
    return (view.__doc__ or "").strip().partition("\n")[0].rstrip(".")


# -- asked before ----------------------------------------------------------------------------------------------------


def _once(request: Request, do: Callable[[], Any], status: int) -> Any:
    """Does what a POST asks, in one transaction; with an idempotency key only once."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        with transaction.atomic():
            return do()
    if len(key) > 200:
        raise Wrong("bad-request")
    given = answers.once(_owner(request.actor), key, _fingerprint(request), lambda: answers.pack(do(), status))
    if given is None:
        raise Wrong("key-used")
    return _unpacked(given)


def _owner(actor: Actor) -> str:
    return f"{actor.organisation}:{actor.id}"


def _unpacked(given: answers.Given) -> Any:
    if given.file is None:
        return Status(given.status, given.body)
    response = HttpResponse(given.file, status=given.status)
    for header, value in given.headers.items():
        response.headers[header] = value
    return response


def _fingerprint(request: Request) -> str:
    """What a request asks for, whichever way its parts are delimited: method, address, fields, files or body."""
    told = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.FILES or request.POST:
        for name in sorted(request.POST):
            told.update(repr((name, request.POST.getlist(name))).encode())
        for field in sorted(request.FILES):
            for file in request.FILES.getlist(field):
                told.update(repr((field, file.name)).encode())
                told.update(hashlib.sha256(b"".join(file.chunks())).digest())
                file.seek(0)
    else:
        told.update(request.body)
    return told.hexdigest()


# -- versions --------------------------------------------------------------------------------------------------------


def version_of(request: Request, version_number: int | None) -> int | None:
    """Which version the sender read: by the ETag in If-Match, else by the field; None where they do not say."""
    match = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not match or match == "*":
        return version_number
    return int(match) if match.isdigit() else -1
