"""What the facts of a workflow must look like, each fault noted at its own line.

`start` and `final` are states; `transitions` is the table (from, verb, to, role, event); `signed` and `four_eyes` speak
of its verbs. Every state can be reached from the start, and every state but the final ones leads on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

ROLES = ("owner", "approver", "outside", "party")
"""The person responsible for a plan; senior management; a funder or peer body; the party a plan names."""
FACTS = ("start", "final", "signed", "transitions", "four_eyes")
ROW = ("from", "verb", "to", "role", "event")
PAIR = ("verb", "differs_from", "ceiling")

type Wrong = Callable[..., Any]
"""Notes a fault: at which node, with which code and values."""


def fits(wrong: Wrong, rule: MappingNode) -> bool:
    """Whether a rule's facts are a workflow; says what is wrong where they are not."""
    facts = next((value for key, value in rule.value if key.value == "facts"), rule)
    given = _keys(wrong, facts, FACTS, FACTS)
    if given is None:
        return False
    rows = [_keys(wrong, row, ROW, ROW) for row in _items(wrong, given["transitions"], "transitions")]
    pairs = [_keys(wrong, pair, PAIR[:2], PAIR) for pair in _items(wrong, given["four_eyes"], "four_eyes")]
    if not rows or None in rows or None in pairs:
        return False
    table = [row for row in rows if row is not None]
    faults = [
        *_double(wrong, table),
        *_roles(wrong, table),
        *_states(wrong, table, given["start"], given["final"]),
        *_verbs(wrong, table, [given["signed"], *(pair["verb"] for pair in pairs if pair)]),
        *_verbs_elsewhere(wrong, [pair["differs_from"] for pair in pairs if pair]),
    ]
    return not faults


def _keys(wrong: Wrong, node: Node, required: tuple[str, ...], known: tuple[str, ...]) -> dict[str, Node] | None:
    if not isinstance(node, MappingNode):
        wrong(node, "wrong_type", key="facts", wanted="{" + ", ".join(required) + "}")
        return None
    found = {key.value: value for key, value in node.value}
    unknown = [key for key, _ in node.value if key.value not in known]
    for key in unknown:
        wrong(key, "unknown_key", key=key.value, known=", ".join(known))
    missing = [name for name in required if name not in found]
    for name in missing:
        wrong(node, "key_missing", key=name)
    return None if unknown or missing else found


def _items(wrong: Wrong, node: Node, key: str) -> list[Node]:
    if not isinstance(node, SequenceNode) or (key == "transitions" and not node.value):
        wrong(node, "wrong_type", key=key, wanted="[…]")
        return []
    return list(node.value)


def _word(node: Node) -> str:
    return node.value if isinstance(node, ScalarNode) else "?"


def _words(node: Node) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else [node]


def _double(wrong: Wrong, table: list[dict[str, Node]]) -> Iterator[str]:
    """From one state one verb leads to one place."""
    seen: set[tuple[str, str]] = set()
    for row in table:
        step = (_word(row["from"]), _word(row["verb"]))
        if step in seen:
            wrong(row["verb"], "transition_double", state=step[0], verb=step[1])
            yield step[1]
        seen.add(step)


def _roles(wrong: Wrong, table: list[dict[str, Node]]) -> Iterator[str]:
    for row in table:
        if _word(row["role"]) not in ROLES:
            wrong(row["role"], "not_in_list", key="role", found=_word(row["role"]), known=", ".join(ROLES))
            yield _word(row["role"])


def _states(wrong: Wrong, table: list[dict[str, Node]], start: Node, final: Node) -> Iterator[str]:
    """Every state is reached from the start and leads on, unless it is final."""
    leads: dict[str, set[str]] = {}
    for row in table:
        leads.setdefault(_word(row["from"]), set()).add(_word(row["to"]))
    everywhere = {*leads, *(_word(row["to"]) for row in table)}
    ends = [_word(node) for node in _words(final)]
    for node in (start, *_words(final)):
        if _word(node) not in everywhere:
            wrong(node, "state_unknown", state=_word(node))
            yield _word(node)
    reached, edge = {_word(start)}, {_word(start)}
    while edge:
        edge = set().union(*(leads.get(state, set()) for state in edge)) - reached
        reached |= edge
    for row in table:
        if _word(row["from"]) not in reached:
            wrong(row["from"], "state_unreached", state=_word(row["from"]))
            yield _word(row["from"])
        if _word(row["to"]) not in leads and _word(row["to"]) not in ends:
            wrong(row["to"], "state_dead_end", state=_word(row["to"]))
            yield _word(row["to"])


def _verbs(wrong: Wrong, table: list[dict[str, Node]], nodes: list[Node]) -> Iterator[str]:
    known = {_word(row["verb"]) for row in table}
    for node in (word for each in nodes for word in _words(each)):
        if _word(node) not in known:
            wrong(node, "verb_unknown", verb=_word(node), known=", ".join(sorted(known)))
            yield _word(node)


def _verbs_elsewhere(wrong: Wrong, nodes: list[Node]) -> Iterator[str]:
    """Whom an act must differ from may stand in another workflow, but is never nobody."""
    for node in nodes:
        if not isinstance(node, SequenceNode) or not node.value:
            wrong(node, "wrong_type", key="differs_from", wanted="[…]")
            yield _word(node)
