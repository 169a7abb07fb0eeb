"""The pages of the sign-in library that we use, and none of its others."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.urls import path

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
]
