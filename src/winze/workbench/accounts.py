"""Accounts by the sign-in library, narrowed: nobody signs up by themselves, people come by invitation."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.account.views import PasswordResetView
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.core.mail import send_mail
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

from winze.formats.wording import phrase
from winze.workbench.sessions import device
from winze.workbench.store import people

SAID = {
    "account/messages/password_changed.txt": "wb.account.password-changed",
    "account/messages/password_set.txt": "wb.account.password-changed",
    "mfa/messages/totp_activated.txt": "wb.factor.activated",
    "mfa/messages/totp_deactivated.txt": "wb.factor.deactivated",
}
"""What we say of what the library did; its other messages (who signed in, who signed out) the page shows itself."""


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No open sign-up, no way out to another host, mails and messages in our words."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        return None

    def is_safe_url(self, url: str) -> bool:
        return url_has_allowed_host_and_scheme(url, None)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def set_password(self, user: Any, password: str) -> None:
        here = self.request
        people.set_password(user, password, here.session.session_key if here.user == user else None)

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None,
                    message_context: Any = None, extra_tags: str = "", message: str | None = None) -> None:  # fmt: skip
        if message_template in SAID:
            message = phrase(SAID[message_template], request.LANGUAGE_CODE)
        if message:
            messages.add_message(request, level, message)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        write(user.email, user.language, "wb.mail.reset", link=context["password_reset_url"])


def write(to: str, language: str, message: str, **values: Any) -> bool:
    """Sends a letter, where a mail server is set up: the texts `message` and `message-subject`. Says whether it did."""
    if settings.MAIL:
        subject = phrase(f"{message}-subject", language, **values)
        send_mail(subject, phrase(message, language, **values), settings.DEFAULT_FROM_EMAIL, [to])
    return bool(settings.MAIL)


def reset_path(user: Any) -> str:
    """A link to a new password for one account: good once, and for a day."""
    values = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=values)


@receiver(user_logged_in)
def _begun(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Notes since when and roughly on what somebody is signed in."""
    people.forget_expired()
    request.session["begun"] = datetime.now(UTC).isoformat()
    request.session["device"] = device(request.headers.get("User-Agent", ""))


# -- the second factor -----------------------------------------------------------------------------------------------


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of second factors stand in the database under the home folder's key; one that an organisation demands
    stays."""

    def encrypt(self, text: str) -> str:
        return _lock().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _lock().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:  # the home has another key: no code fits, an administrator takes the factor away
            return base64.b32encode(salted_hmac("winze.none", encrypted_text, algorithm="sha256").digest()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not people.demanded_of(authenticator.user_id)


def _lock() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(salted_hmac("winze.second-factor", "", algorithm="sha256").digest()))


class Activate(ActivateTOTPView):  # type: ignore[misc]
    """Setting up a second factor, with its event."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        people.tell(self.request.user, "second-factor-set")
        response: HttpResponse = super().form_valid(form)
        return response


class Deactivate(DeactivateTOTPView):  # type: ignore[misc]
    """Giving a second factor up, with its event."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        people.tell(self.request.user, "second-factor-given-up")
        response: HttpResponse = super().form_valid(form)
        return response


class Codes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """New recovery codes, with their event."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        people.tell(self.request.user, "recovery-codes-made")
        response: HttpResponse = super().form_valid(form)
        return response


# -- a forgotten password --------------------------------------------------------------------------------------------


class Forgotten(PasswordResetView):  # type: ignore[misc]
    """A link by mail; where no mail server is set up the page says whom to ask, and takes no address."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().post if settings.MAIL else self.get
        response: HttpResponse = answer(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "mail": settings.MAIL}
