"""Whether the instrument is well."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db import DatabaseError, connection


def unready() -> list[str]:
    """What keeps the workbench from working, in short words without any personal data; empty where it can work."""
    wrong = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM workbench_head")
    except DatabaseError:
        wrong.append("database: not reachable or not set up")
    if settings.HOME.exists() and shutil.disk_usage(settings.HOME).free < 200 * 2**20:
        wrong.append("disk: under 200 MB free")
    return wrong
