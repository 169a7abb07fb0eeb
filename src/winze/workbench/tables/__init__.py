"""The lists of the workbench, a module for each part of the register. Importing this declares them all."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from winze.workbench.table import TABLES, Table

__all__ = ["TABLES", "table"]

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")


def table(key: str) -> Table | None:
    """A list by its key; None where there is none."""
    return TABLES.get(key)
