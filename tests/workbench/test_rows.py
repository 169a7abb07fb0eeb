"""Every field of every row has one data class, and personal words stand in tables of their own."""

from __future__ import annotations

import ast
import inspect
from collections import Counter

import pytest
from django.apps import apps
from django.db.models import Model

from winze.engine.records import DataClass
from winze.workbench import models

ROWS = sorted(apps.get_app_config("workbench").get_models(), key=lambda model: model.__name__)
PERSONAL_TABLES = {"User", "Invitation", "PersonalWord", "PersonalKey", "CommentText", "Session", "LastSeen"}


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_every_field_has_a_class_and_no_class_is_of_a_field_that_is_gone(model: type[Model]) -> None:
    fields = {field.name for field in (*model._meta.fields, *model._meta.many_to_many)}
    declared: dict[str, DataClass] = model.classes  # type: ignore[attr-defined]
    assert set(declared) == fields
    assert set(declared.values()) <= set(DataClass)


def test_no_field_is_given_two_classes() -> None:
    twice = []
    for node in ast.walk(ast.parse(inspect.getsource(models))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "classes":
            named = Counter(name for given in node.keywords for name in str(getattr(given.value, "value", "")).split())
            twice += [name for name, times in named.items() if times > 1]
    assert twice == []


def test_personal_fields_stand_in_tables_of_their_own() -> None:
    found = {model.__name__ for model in ROWS if DataClass.PERSONAL in model.classes.values()}  # type: ignore[attr-defined]
    assert found <= PERSONAL_TABLES


def test_the_journal_refers_to_no_row_that_could_be_erased() -> None:
    """Events outlive what they tell of: they name a person by number and hold no key to a personal table."""
    pointed = {field.related_model.__name__ for field in models.Event._meta.fields if field.related_model}  # type: ignore[union-attr]
    assert not pointed & PERSONAL_TABLES
