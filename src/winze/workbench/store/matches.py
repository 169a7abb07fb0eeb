"""The match queue: pairs that may be one, and what persons judged of them."""

from __future__ import annotations


def propose(organisation: int) -> None:
    """Brings the queue to what the register holds now. Runs inside the caller's transaction."""
