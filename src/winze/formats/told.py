"""A statement as plain JSON values and back, exactly: the form in which a register keeps what it was told.

Nothing is rounded or guessed: amounts stay exact decimals, dates their precision, and the identity of a statement is
the same afterwards. What is unknown (None, or a list without items) is left out. The codec of each record is worked
out from its fields, so that a new record or field needs nothing here; a kind or field that is not known is refused.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache, lru_cache
from math import copysign
from typing import Any, Union, get_args, get_origin, get_type_hints

from winze.engine.records import DataClass, Origin, Record, Span, Statement

type Json = dict[str, Any]


class Untold(ValueError):
    """What was kept cannot be a statement: an unknown kind or field, one that is missing, or a value of another type.

    It names the place. It is no problem of a sender's data, but of whoever wrote the store.
    """


def dump(statement: Statement) -> Json:
    """A statement as values that JSON holds exactly."""
    said = statement.said
    found: Json = {
        "kind": said.kind,
        "subject": statement.subject,
        "said": _codec(said.__class__).dump(said),
        "speaks_of": _codec(Span).dump(statement.speaks_of),
        "origin": _codec(Origin).dump(statement.origin),
        "source": statement.source,
        "data_class": statement.data_class.value,
    }
    if statement.published_on is not None:
        found["published_on"] = statement.published_on.isoformat()
    if statement.received_on is not None:
        found["received_on"] = statement.received_on.isoformat()
    if statement.evidence is not None:
        found["evidence"] = statement.evidence
    return found


def load(kept: Json) -> Statement:
    """The statement that was dumped, field by field. Raises Untold."""
    if not isinstance(kept, dict):
        raise Untold(f"a statement is kept as an object, not as {type(kept).__name__}")
    if unknown := kept.keys() - _WHOLE:
        raise Untold(f"a statement has no field {min(unknown)!r}")
    if missing := _NEEDED - kept.keys():
        raise Untold(f"a statement lacks the field {min(missing)!r}")
    record = kinds().get(kept["kind"]) if isinstance(kept["kind"], str) else None
    if record is None:
        raise Untold(f"there is no kind of record {kept['kind']!r}")
    published, received, evidence = kept.get("published_on"), kept.get("received_on"), kept.get("evidence")
    return Statement(
        subject=_text(kept["subject"], "subject"),
        said=_codec(record).load(kept["said"], record.kind),
        speaks_of=_span(kept["speaks_of"]),
        origin=_codec(Origin).load(kept["origin"], "origin"),
        source=_text(kept["source"], "source"),
        published_on=None if published is None else _day(published, "published_on"),
        received_on=None if received is None else _day(received, "received_on"),
        data_class=_data_class(kept["data_class"], "data_class"),
        evidence=None if evidence is None else _text(evidence, "evidence"),
    )


def _span(kept: Any) -> Span:
    """A span; few differ among many statements, so that each is made once."""
    try:
        return _same_span(*sorted(kept.items()))
    except (TypeError, AttributeError):
        return _made_span(kept)


@lru_cache(maxsize=100_000)
def _same_span(*kept: tuple[str, Any]) -> Span:
    return _made_span(dict(kept))


def _made_span(kept: Any) -> Span:
    found: Span = _codec(Span).load(kept, "speaks_of")
    return found


_NEEDED = frozenset({"kind", "subject", "said", "speaks_of", "origin", "source", "data_class"})
_WHOLE = _NEEDED | {"published_on", "received_on", "evidence"}


@cache
def kinds() -> dict[str, type[Any]]:
    """Every record by its kind."""
    return {record.kind: record for record in get_args(Record)}


# -- codecs, worked out from the types of fields ---------------------------------------------------------------------

type _Dump = Callable[[Any], Any] | None  # None: the value is JSON already
type _Load = Callable[[Any, str], Any]


class _Codec:
    """Both directions of one frozen dataclass. Loading is what a register does most: a value whose type JSON holds as
    it is costs no call."""

    def __init__(self, record: type[Any]) -> None:
        hints = get_type_hints(record)
        self._record = record
        self._dumps: list[tuple[str, _Dump]] = []
        self._loads: list[tuple[str, type | None, _Load, Any]] = []
        for item in (each for each in fields(record) if each.init):
            dumped, loaded, blank = _of_type(hints[item.name])
            self._dumps.append((item.name, dumped))
            otherwise = item.default if blank is MISSING else blank
            self._loads.append((item.name, _plain_type(hints[item.name]), loaded, otherwise))
        self._names = frozenset(name for name, *_ in self._loads)
        self._needed = frozenset(name for name, _, _, blank in self._loads if blank is MISSING)

    def dump(self, value: Any) -> Json:
        found: Json = {}
        for name, dumped in self._dumps:
            item = getattr(value, name)
            if item is not None and item != ():
                found[name] = item if dumped is None else dumped(item)
        return found

    def load(self, kept: Any, at: str) -> Any:
        if not isinstance(kept, dict):
            raise Untold(f"{at}: an object was kept as {type(kept).__name__}")
        if not self._names >= kept.keys():
            raise Untold(f"{at} has no field {min(kept.keys() - self._names)!r}")
        if not self._needed <= kept.keys():
            raise Untold(f"{at} lacks the field {min(self._needed - kept.keys())!r}")
        return self._record(
            *[
                blank if (item := kept.get(name, MISSING)) is MISSING
                else item if type(item) is plain
                else loaded(item, name)
                for name, plain, loaded, blank in self._loads
            ]
        )  # fmt: skip


_codecs: dict[type[Any], _Codec] = {}


def _codec(record: type[Any]) -> _Codec:
    found = _codecs.get(record)
    if found is None:
        found = _codecs[record] = _Codec(record)
    return found


def _plain_type(hint: Any) -> type | None:
    """The type whose values JSON holds as they are, for a field that is such a value or unknown."""
    known = {each for each in (get_args(hint) or (hint,)) if each is not types.NoneType}
    only = known.pop() if len(known) == 1 and get_origin(hint) is not tuple else None
    return only if only in (str, int, bool, float) else None


def _of_type(hint: Any) -> tuple[_Dump, _Load, Any]:
    """How a value of a type is dumped and loaded, and what it is where nothing was kept (MISSING: that is an error)."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        known = [each for each in inside if each is not types.NoneType]
        if len(known) != 1 or len(known) == len(inside):
            raise TypeError(f"no codec for {hint}")
        dumped, loaded, _ = _of_type(known[0])
        return dumped and _unless_none(dumped), _or_none(loaded), None
    if origin is tuple:
        return _of_tuple(inside)
    if is_dataclass(hint) and isinstance(hint, type):
        codec = _codec(hint)
        return codec.dump, codec.load, MISSING
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return str, _one_of(hint), MISSING
    if hint in _LEAVES:
        return *_LEAVES[hint], MISSING
    raise TypeError(f"no codec for {hint}")


def _of_tuple(inside: tuple[Any, ...]) -> tuple[_Dump, _Load, Any]:
    if len(inside) == 2 and inside[1] is Ellipsis:
        dumped, loaded, _ = _of_type(inside[0])
        if inside[0] is str:
            return list, _texts, ()
        many = list if dumped is None else lambda items: [dumped(item) for item in items]
        return many, lambda items, at: tuple([loaded(item, at) for item in _list(items, at)]), ()
    codecs = [_of_type(each)[:2] for each in inside]

    def dump_each(items: Any) -> list[Any]:
        return [item if one is None else one(item) for item, (one, _) in zip(items, codecs, strict=True)]

    def load_each(items: Any, at: str) -> tuple[Any, ...]:
        if len(_list(items, at)) != len(codecs):
            raise Untold(f"{at}: {len(codecs)} values belong together, not {len(items)}")
        return tuple([one(item, at) for item, (_, one) in zip(items, codecs, strict=True)])

    return dump_each, load_each, MISSING


def _unless_none(dumped: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda item: None if item is None else dumped(item)


def _or_none(loaded: _Load) -> _Load:
    return lambda item, at: None if item is None else loaded(item, at)


def _list(items: Any, at: str) -> list[Any]:
    if type(items) is not list:
        raise Untold(f"{at}: a list was kept as {type(items).__name__}")
    return items


def _text(item: Any, at: str) -> str:
    if type(item) is not str:
        raise Untold(f"{at}: a text was kept as {type(item).__name__}")
    return item


def _texts(items: Any, at: str) -> tuple[str, ...]:
    return tuple(_list(items, at)) if set(map(type, items)) <= {str} else tuple([_text(item, at) for item in items])


def _whole(item: Any, at: str) -> int:
    if type(item) is not int:
        raise Untold(f"{at}: a whole number was kept as {type(item).__name__}")
    return item


def _flag(item: Any, at: str) -> bool:
    if type(item) is not bool:
        raise Untold(f"{at}: yes or no was kept as {type(item).__name__}")
    return item


def _number(item: float) -> float | str:
    """A number as JSON, or as text where a store of JSON may change its type or its sign on the way."""
    if type(item) is int or (1e-4 <= abs(item) < 1e15) or (item == 0 and copysign(1, item) > 0):
        return item
    return repr(item)


def _float(item: Any, at: str) -> float:
    if type(item) is float or type(item) is int:
        return item
    try:
        return float(_text(item, at))
    except ValueError as wrong:
        raise Untold(f"{at}: {item!r} is not a number") from wrong


def _decimal(item: Any, at: str) -> Decimal:
    try:
        return Decimal(_text(item, at))
    except InvalidOperation as wrong:
        raise Untold(f"{at}: {item!r} is not an exact number") from wrong


@cache
def _parsed(text: str) -> date:
    return date.fromisoformat(text)


def _day(item: Any, at: str) -> date:
    try:
        return _parsed(_text(item, at))
    except ValueError as wrong:
        raise Untold(f"{at}: {item!r} is not a day") from wrong


def _one_of(words: type[StrEnum]) -> _Load:
    known = {str(word): word for word in words}

    def loaded(item: Any, at: str) -> StrEnum:
        found = known.get(item) if isinstance(item, str) else None
        if found is None:
            raise Untold(f"{at}: there is no {item!r}")
        return found

    return loaded


_data_class = _one_of(DataClass)
_LEAVES: dict[Any, tuple[_Dump, _Load]] = {
    str: (None, _text),
    int: (None, _whole),
    bool: (None, _flag),
    float: (_number, _float),
    Decimal: (str, _decimal),
    date: (date.isoformat, _day),
}
