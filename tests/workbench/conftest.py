"""A register with the example loaded and a cycle run, made once a worker; every test begins and leaves it so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from winze.workbench.access import Actor


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder of the tests' own."""
    folder = tmp_path_factory.mktemp("home")
    before = settings.HOME
    settings.HOME = folder
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield folder
    settings.HOME = before


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, home: Path) -> None:
    """The example as a register (organisation `great-lakes`), and another organisation with nothing in it (`other`)."""
    from winze.workbench import demo
    from winze.workbench.models import User
    from winze.workbench.store import people

    with django_db_blocker.unblock():
        great_lakes, _ = demo.fill()
        other = people.found("other", "Another company")
        stranger = User.objects.create_user("stranger@example.org", "a long password", name="Sam Stranger")
        people.join(other, stranger, ["analyst", "approver", "administrator"], None)
        for role in ("assessor", "funder", "responder", "government", "custodian", "administrator"):
            person = User.objects.create_user(f"{role}@example.org", "a long password", name=role.title())
            people.join(great_lakes, person, [role], None)


@pytest.fixture
def actor(db: None) -> Callable[[str], Actor]:
    """Somebody by the start of their address: `analyst`, `approver`, `viewer`, `stranger` (of the other), any role."""

    def named(name: str) -> Actor:
        from winze.workbench.models import User
        from winze.workbench.store import people

        found = people.actor(User.objects.get(email=f"{name}@example.org"), None, "en")
        assert found is not None
        return found

    return named


@pytest.fixture
def signed_in(db: None) -> Callable[[str], Client]:
    """A browser of somebody signed in: `signed_in("analyst")`."""

    def named(name: str) -> Client:
        from winze.workbench.models import User

        client = Client()
        client.force_login(
            User.objects.get(email=f"{name}@example.org"),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        return client

    return named
