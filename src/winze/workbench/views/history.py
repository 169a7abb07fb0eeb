"""What happened to a record, and in the whole register: who, when, why, what it was before and after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.workbench.lists import BadAddress
from winze.workbench.routes import COMPETITOR, PARTNER, PERSONAL, PUBLIC, Request, route
from winze.workbench.store import history as store
from winze.workbench.store import journal as journals
from winze.workbench.store import plans, register
from winze.workbench.tables.history import JOURNAL
from winze.workbench.views import shown

ALL = (PUBLIC, PARTNER, COMPETITOR, PERSONAL)


@route("journal/", act="journal", shows=JOURNAL.shows)
def journal(request: Request) -> HttpResponse:
    """Every event of the organisation, newest first, and where the journal ends."""
    return shown.page(request, JOURNAL, "workbench/journal.html", head=journals.head())


@route("history/<slug:kind>/<path:key>/", act="journal", shows=JOURNAL.shows)
def history(request: Request, kind: str, key: str) -> HttpResponse:
    """The events of one record, newest first."""
    about = f"{kind}:{key}"
    store.there(request.actor.organisation, about)
    return shown.page(
        request, JOURNAL, "workbench/history.html", given={"about": about}, about=about, kind=kind, key=key,
        page_of=_page_of(request, kind, key), moment=datetime.now(UTC),
    )  # fmt: skip


@route("as-it-was/<slug:kind>/<path:key>/", act="journal", shows=ALL, name="as-it-was")
def as_it_was(request: Request, kind: str, key: str) -> HttpResponse:
    """A record as it was at a moment: sites, parties and plans put together anew, others as events left them."""
    about, moment = f"{kind}:{key}", asked_moment(request)
    store.there(request.actor.organisation, about)
    if kind in ("site", "party") and (to := _page_of(request, kind, key)):
        return redirect(f"{to}?as_of={moment:%Y-%m-%d}&known_by={moment:%Y-%m-%d}")
    if kind == "plan":
        return redirect(f"{reverse('plan-of', args=[key])}?as_of={moment:%Y-%m-%d}&known_by={moment:%Y-%m-%d}")
    fields = store.at(request.actor.organisation, about, moment) if request.actor.sees(COMPETITOR) else {}
    said = {"about": about, "kind": kind, "key": key, "moment": moment, "fields": sorted(fields.items())}
    return render(request, "workbench/as_it_was.html", said)


def asked_moment(request: Request) -> datetime:
    """`?at=`: a day (its end) or a moment, now where it is not given."""
    text = request.GET.get("at", "")
    try:
        found = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError as wrong:
        raise BadAddress("at") from wrong
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found + timedelta(days=1, microseconds=-1) if len(text) == 10 else found


def _page_of(request: Request, kind: str, key: str) -> str | None:
    """The page of the record itself; None where it has none or this person may not open it."""
    actor = request.actor
    if kind == "plan" and actor.may("see-chain") and plans.version(actor.organisation, key):
        return reverse("plan-of", args=[key])
    if kind not in ("site", "party"):
        return None
    found = (kind, int(key)) if key.isdigit() else register.number_of(actor.organisation, f"{kind}:{key}")
    return reverse(found[0], args=[found[1]]) if found else None
