"""Placeholder until the exact codec is merged."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from datetime import date
from decimal import Decimal
from typing import Any

from winze.engine import records
from winze.engine.records import DataClass, Origin, Precision, Span, Statement

KINDS = {cls.kind: cls for cls in typing.get_args(records.Record)}


@functools.cache
def _hints(cls):
    return typing.get_type_hints(cls)


def _out(v):
    if v is None or isinstance(v, (bool, int, float)):
        return v
    if isinstance(v, str):
        return str(v)
    if isinstance(v, Decimal):
        return str(v)
    if isinstance(v, date):
        return v.isoformat()
    if isinstance(v, tuple):
        return [_out(x) for x in v]
    return {
        f.name: _out(getattr(v, f.name))
        for f in dataclasses.fields(v)
        if getattr(v, f.name) is not None and getattr(v, f.name) != ()
    }


def _in(t, v):
    o = typing.get_origin(t)
    if o in (typing.Union, types.UnionType):
        if v is None:
            return None
        ts = [a for a in typing.get_args(t) if a is not type(None)]
        return _in(ts[0], v)
    if o is tuple:
        a = typing.get_args(t)
        return (
            tuple(_in(a[0], x) for x in v)
            if len(a) == 2 and a[1] is Ellipsis
            else tuple(_in(x, y) for x, y in zip(a, v))
        )
    if t is Decimal:
        return Decimal(v)
    if t is date:
        return date.fromisoformat(v)
    if t is float:
        return float(v)
    if dataclasses.is_dataclass(t):
        return t(
            **{
                f.name: (
                    _in(_hints(t)[f.name], v[f.name])
                    if f.name in v
                    else f.default
                    if f.default is not dataclasses.MISSING
                    else ()
                    if typing.get_origin(_hints(t)[f.name]) is tuple
                    else None
                )
                for f in dataclasses.fields(t)
            }
        )
    return v


def dump(s: Statement) -> dict[str, Any]:
    d = {
        "kind": s.kind,
        "subject": s.subject,
        "said": _out(s.said),
        "speaks_of": [s.speaks_of.start.isoformat(), s.speaks_of.end.isoformat(), str(s.speaks_of.precision)],
        "origin": _out(s.origin),
        "source": s.source,
        "data_class": str(s.data_class),
    }
    for n in ("published_on", "received_on"):
        if getattr(s, n):
            d[n] = getattr(s, n).isoformat()
    if s.evidence:
        d["evidence"] = s.evidence
    return d


def load(d: dict[str, Any]) -> Statement:
    a, b, p = d["speaks_of"]
    return Statement(
        d["subject"],
        _in(KINDS[d["kind"]], d["said"]),
        Span(date.fromisoformat(a), date.fromisoformat(b), Precision(p)),
        _in(Origin, d["origin"]),
        d["source"],
        **{n: date.fromisoformat(d[n]) for n in ("published_on", "received_on") if n in d},
        data_class=DataClass(d["data_class"]),
        evidence=d.get("evidence"),
    )
