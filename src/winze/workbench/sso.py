"""Sign-in by the organisation's own identity provider (OpenID Connect): it says who somebody is, never that they may
come in. Only people with an account or a standing invitation get in, by an address the provider has verified."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from winze.formats.wording import phrase
from winze.workbench.store import people


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by it; nothing the provider tells of a person is kept but its number for them."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        sociallogin.account.extra_data = {}  # before the library looks the account up, and keeps it
        return super().populate_user(request, sociallogin, data)

    @transaction.atomic
    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Finds whose account it is. An account is bound to the provider's number at its first sign-in, and loses its
        password then: whoever set that may not be the person whose address it is."""
        account = sociallogin.account
        known = sociallogin.user if sociallogin.is_existing else None
        address = next((one.email for one in sociallogin.email_addresses if one.verified), None)
        user = (people.accept_by_address(address, request.LANGUAGE_CODE) if address else None) or known
        if user is None or (known and user != known) or sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(_outside(request))
        if known is None:
            if SocialAccount.objects.filter(user=user, provider=account.provider).exists():
                raise ImmediateHttpResponse(_outside(request))
            if user.has_usable_password():
                messages.info(request, phrase("wb.sso.bound", request.LANGUAGE_CODE))
            people.bind(user)
            sociallogin.user = account.user = user
        account.save()


def _outside(request: HttpRequest) -> HttpResponse:
    return render(request, "account/outside.html", status=403)
