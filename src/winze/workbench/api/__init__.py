"""The API: all that pages do, for programs. Every operation is declared by `declared.operation`, and is in the access
matrix and in the OpenAPI document by that; what is not declared does not exist."""

from __future__ import annotations

from importlib import import_module

from winze.workbench.api.declared import API

for module in (
    "lists", "cycles", "plans", "register", "documents", "together", "imports", "watched", "matches", "jobs", "me",
    "document",
):  # fmt: skip
    import_module(f"{__name__}.{module}")

__all__ = ["API"]
