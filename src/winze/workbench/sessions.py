"""Sessions in the database that know whose they are, so that a person sees and ends their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as Kept
from django.contrib.sessions.base_session import AbstractBaseSession


class SessionStore(Kept):
    """Django's sessions, with whose, since when and on what device as columns."""

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        from winze.workbench.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get("_auth_user_id")
        row.begun_at = datetime.fromisoformat(data["begun"]) if data.get("begun") else None
        row.device = data.get("device", "")
        return row  # type: ignore[no-any-return]


BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def device(agent: str) -> str:
    """Roughly what a browser calls itself: "Firefox, Linux"; empty where it says nothing we know."""
    found = (next((name for mark, name in known if mark in agent), "") for known in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))
