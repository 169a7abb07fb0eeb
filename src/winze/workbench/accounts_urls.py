"""The pages of the sign-in library that we use, and none of its others. `routes.FOREIGN` declares them."""

from __future__ import annotations

from importlib import import_module

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes.views import view_recovery_codes
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from winze.workbench.accounts import Activate, Codes, Deactivate, Forgotten

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", Forgotten.as_view(), name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", RedirectView.as_view(pattern_name="account"), name="mfa_index"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", Activate.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", Deactivate.as_view(), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", Codes.as_view(), name="mfa_generate_recovery_codes"),
]
if settings.SSO:
    social = import_module("allauth.socialaccount.views")
    urlpatterns += [
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
        path("sso/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
        path("sso/error/", social.login_error, name="socialaccount_login_error"),
    ]
