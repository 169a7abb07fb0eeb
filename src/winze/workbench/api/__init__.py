"""The API: all that pages do, for programs. Every operation is declared by `declared.operation`, and is in the access
matrix and in the OpenAPI document by that; what is not declared does not exist."""

from __future__ import annotations

from importlib import import_module

from winze.workbench.api.declared import API

for module in ("lists", "cycles", "imports", "matches", "jobs", "me", "document"):
    import_module(f"{__name__}.{module}")

__all__ = ["API"]
