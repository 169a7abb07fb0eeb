"""Answers kept by idempotency key: the same request sent twice is done once, and answered alike.

The key, what the request did, and its answer stand in one transaction: a second request waits for the first by the
unique key, and one that failed or was killed leaves no key behind.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.http import HttpResponse

from winze.workbench.models import Answered

KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Given:
    """An answer as it was given: a value, or a file with its headers."""

    status: int
    body: Any = None
    file: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def pack(answer: Any, status: int) -> Given:
    """What an operation gave, as it can be kept."""
    if isinstance(answer, HttpResponse):
        return Given(answer.status_code, None, answer.content, dict(answer.headers))
    body = answer.model_dump(mode="json") if hasattr(answer, "model_dump") else answer
    return Given(status, json.loads(json.dumps(body, cls=DjangoJSONEncoder)))


def once(owner: str, key: str, request: str, do: Callable[[], Given]) -> Given | None:
    """Does what a request asks, or gives the answer it got before. None where the key was used for another request."""
    now = datetime.now(UTC)
    with transaction.atomic():
        Answered.objects.filter(owner=owner, at__lt=now - KEPT).delete()
        try:
            with transaction.atomic():
                row = Answered.objects.create(owner=owner, key=key, request=request, status=0, answer={}, at=now)
        except IntegrityError:
            kept = Answered.objects.get(owner=owner, key=key)
            return _read(kept) if kept.request == request else None
        given = do()
        row.status, row.answer = given.status, _written(given)
        row.save(update_fields=("status", "answer"))
    return given


def _written(given: Given) -> dict[str, Any]:
    file = None if given.file is None else base64.b64encode(given.file).decode()
    return {"body": given.body, "file": file, "headers": given.headers}


def _read(row: Answered) -> Given:
    kept = row.answer
    file = None if kept["file"] is None else base64.b64decode(kept["file"])
    return Given(row.status, kept["body"], file, kept["headers"])
