"""The first start of an empty home: one secret link founds the organisation and invites its first administrator."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from django.conf import settings

from winze.engine.register import fold
from winze.engine.texts import refuse
from winze.workbench.models import Organisation
from winze.workbench.store import Absent, people


def _kept() -> Path:
    return Path(settings.HOME) / "first.token"


def secret() -> str | None:
    """A new secret for an empty home, the one before it open nothing any more; None where an organisation is there."""
    if Organisation.objects.exists() or (Path(settings.HOME) / "demo.json").exists():
        _kept().unlink(missing_ok=True)
        return None
    made = secrets.token_urlsafe(24)
    keep(_kept(), hashlib.sha256(made.encode()).hexdigest())
    return made


def keep(path: Path, text: str) -> None:
    """Writes a small secret so that its owner alone can read it, whole or not at all."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600, exist_ok=False)
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def check(told: str) -> None:
    """Raises Absent unless this is the secret of the link and no organisation was founded yet."""
    try:
        kept = _kept().read_text(encoding="ascii")
    except OSError:
        raise Absent from None
    if Organisation.objects.exists() or not hmac.compare_digest(kept, hashlib.sha256(told.encode()).hexdigest()):
        raise Absent


def found(told: str, name: str, called: str, email: str) -> str:
    """Founds the organisation and gives the secret of the invitation of its first administrator."""
    check(told)
    if not name.strip() or not called.strip() or "@" not in email:
        raise refuse("workbench/first", "wb.refused.first-empty")
    key = re.sub(r"[^a-z0-9]+", "-", fold(name).lower()).strip("-")[:40] or "organisation"
    made = people.first(key, name.strip(), email.strip(), called.strip())
    _kept().unlink(missing_ok=True)
    return made
