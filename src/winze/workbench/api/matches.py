"""Pairs of sites or parties that may be one: seen side by side, judged, taken back."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Schema
from pydantic import Field

from winze.formats.cycle_json import plain
from winze.formats.wording import phrase
from winze.workbench.api.declared import operation, version_of
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request
from winze.workbench.store import matches

ALL = (PUBLIC, PARTNER, COMPETITOR)


class SideSaid(Schema):
    """One of a pair as its own sources tell of it."""

    subject: str
    name: str
    also: list[str] = Field(description="What was judged to be one with it.")
    statements: list[dict[str, Any]]


class MatchSaid(Schema):
    """A pair, why it may be one, and what was judged of it."""

    number: int
    kind: str
    sentence: str
    score: float
    band: str
    verdict: str = Field(description="Empty while it waits.")
    sides: list[SideSaid] | None = None
    version_number: int


class Judged(Schema):
    verdict: Literal["same", "not-same", "unsure"]
    reason: str = Field(min_length=1, max_length=2000)
    version_number: int | None = Field(None, description="The version you read: 409 where somebody was quicker.")


class TakenBack(Schema):
    reason: str = Field(min_length=1, max_length=2000)
    version_number: int | None = Field(None, description="The version you read: 409 where somebody was quicker.")


class SplitAsked(Schema):
    subject: str = Field(max_length=300)
    reason: str = Field(min_length=1, max_length=2000)


class SplitSaid(Schema):
    taken_back: int = Field(description="How many judgements were taken back.")


@operation("GET", "matches/{int:number}", act="see-chain", answer=MatchSaid, shows=ALL)
def one_match(request: Request, number: int, response: HttpResponse) -> Any:
    """A pair side by side, as the sources of each tell of it. Its ETag is its version.

    The journal keeps who looked: a pair shows precise places."""
    row = matches.one(request.actor, number)
    response.headers["ETag"] = f'"{row.version_number}"'
    sides = [
        {
            "subject": side.subject, "name": side.name, "also": [name for _, name in side.members],
            "statements": [{"kind": s.kind, "day": s.speaks_of.known_on, "source": s.source, "said": plain(s.said)}
                           for s in side.told],
        }
        for side in matches.sides(request.actor, row)
    ]  # fmt: skip
    return _said(row, request.LANGUAGE_CODE) | {"sides": sides}


@operation("POST", "matches/{int:number}/judge", act="judge", answer=MatchSaid, shows=ALL, versioned=True)
def judge_match(request: Request, number: int, given: Judged) -> Any:
    """Says whether a pair is one, with the reason. Source rows never change."""
    version = version_of(request, given.version_number)
    row = matches.judge(request.actor, number, given.verdict, given.reason, version=version)
    return _said(row, request.LANGUAGE_CODE)


@operation("POST", "matches/{int:number}/withdraw", act="judge", answer=MatchSaid, shows=ALL, versioned=True)
def withdraw_match(request: Request, number: int, given: TakenBack) -> Any:
    """Takes the judgement of a pair back; what was judged before it stands again."""
    matches.withdraw(request.actor, number, given.reason, version=version_of(request, given.version_number))
    return _said(matches.one(request.actor, number), request.LANGUAGE_CODE)


@operation("POST", "matches/split", act="judge", answer=SplitSaid, shows=ALL, problems=(404, 409))
def split_match(request: Request, given: SplitAsked) -> Any:
    """Takes one subject out of those judged to be one with it."""
    return {"taken_back": matches.split(request.actor, given.subject, given.reason)}


def _said(row: Any, language: str) -> dict[str, Any]:
    text, values = row.sentence["text"], dict(row.sentence.get("values") or ())
    return {
        "number": row.pk, "kind": row.of_kind, "sentence": phrase(text, language, **values), "score": row.score,
        "band": row.band, "verdict": row.verdict, "version_number": row.version_number,
    }  # fmt: skip
