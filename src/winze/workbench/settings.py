"""Settings of the workbench. Everything that differs between installations comes from the home folder and a few
environment variables; the defaults are the safe ones.

`WINZE_HOME` is the folder that holds the register (default: `winze-home` in the working folder), `WINZE_DATABASE` the
URL of a PostgreSQL database where several people work, `WINZE_HOSTS` the names it is served under, `WINZE_HTTPS=1`
that a proxy in front of it speaks TLS, `WINZE_API_RATE` how often one token may ask the API (`600/min`), `WINZE_SMTP`
the URL of a mail server (`smtp://user:password@host:port`), `WINZE_OIDC` the organisation's own sign-in:
`https://client:secret@host/path` or JSON with `server_url`, `client_id`, `secret` and `name`; it lets in nobody who was
not invited.
"""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

HOME = Path(os.environ.get("WINZE_HOME", "winze-home")).absolute()
PACKAGE = Path(__file__).parent


def _secret() -> str:
    """The key of sessions and tokens: in the home folder, made when the home is made (`winze.workbench.home`)."""
    if "WINZE_SECRET" in os.environ:
        return os.environ["WINZE_SECRET"]
    kept = HOME / "secret.key"
    return kept.read_text(encoding="ascii").strip() if kept.exists() else "unset: no home folder yet"


SECRET_KEY = _secret()
DEBUG = False
ALLOWED_HOSTS = [*os.environ.get("WINZE_HOSTS", "").split(), "127.0.0.1", "localhost", "[::1]"]
HTTPS = os.environ.get("WINZE_HTTPS") == "1"
SSO = "WINZE_OIDC" in os.environ
if SSO and not (find_spec("jwt") and find_spec("oauthlib") and find_spec("requests")):
    raise ImproperlyConfigured("WINZE_OIDC is set, but the extra for it is not there: install winze[sso]")

INSTALLED_APPS = [
    "winze.workbench",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *(["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"] if SSO else []),
    "django_htmx",
    "leaflet",
    "ninja",
]
MIDDLEWARE = [
    "winze.workbench.middleware.health",
    "winze.workbench.logs.access",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "winze.workbench.middleware.language",
    "winze.workbench.api.problems.worded",
    "winze.workbench.middleware.private",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "winze.workbench.middleware.actor",
    "winze.workbench.middleware.problems",
]
ROOT_URLCONF = "winze.workbench.urls"
WSGI_APPLICATION = "winze.workbench.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", [
                "django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "winze.workbench.presenters.shell",
            ],
            "builtins": ["winze.workbench.templatetags.words"],
        },
    }
]  # fmt: skip

DATABASES = {
    "default": dj_database_url.parse(os.environ.get("WINZE_DATABASE") or f"sqlite:///{HOME / 'winze.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-65536;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

API_RATE = os.environ.get("WINZE_API_RATE", "600/min")
"""How often one token may ask."""

AUTH_USER_MODEL = "workbench.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "winze.workbench.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
PASSWORD_RESET_TIMEOUT = 24 * 3600
MFA_ADAPTER = "winze.workbench.accounts.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Winze"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HTTPS else 0
CSRF_FAILURE_VIEW = "winze.workbench.views.errors.forbidden"


def _provider(text: str) -> dict[str, object]:
    """The organisation's own sign-in, as JSON or as a URL that carries the client and its secret."""
    if text.lstrip().startswith("{"):
        given = json.loads(text)
    else:
        url = urlsplit(text)
        place = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}".rstrip("/")
        given = {"server_url": place, "client_id": unquote(url.username or ""), "secret": unquote(url.password or "")}
    return {
        "provider_id": "organisation",
        "name": given.get("name") or urlsplit(given["server_url"]).hostname,
        "client_id": given["client_id"],
        "secret": given["secret"],
        "settings": {"server_url": given["server_url"]},
    }


if SSO:
    SOCIALACCOUNT_ADAPTER = "winze.workbench.sso.Adapter"
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [_provider(os.environ["WINZE_OIDC"])]}
    }
    SOCIALACCOUNT_LOGIN_ON_GET = True  # a form may not lead to another origin (content security policy); a link may

SESSION_ENGINE = "winze.workbench.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("es", "Español"), ("zh-hans", "简体中文")]
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
STATIC_ROOT = PACKAGE / "static"  # nothing is collected: files are served from the packages they come with
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_HANDLERS = [
    "winze.workbench.uploads.Limited",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600

MAIL = bool(os.environ.get("WINZE_SMTP"))
if MAIL:
    _mail = urlsplit(os.environ["WINZE_SMTP"])
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": _mail.hostname or "localhost",
                "port": _mail.port or 25,
                "username": _mail.username or "",
                "password": _mail.password or "",
                "use_tls": _mail.scheme == "smtps",
            },
        }
    }
else:
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
DEFAULT_FROM_EMAIL = os.environ.get("WINZE_MAIL_FROM", "winze@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": True,  # Django's own would write what nobody filtered
    "formatters": {
        "plain": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["impersonal"]}},
    "filters": {"impersonal": {"()": "winze.workbench.logs.Impersonal"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("WINZE_LOG", "WARNING")},
    "loggers": {"django": {"propagate": True}, "django.server": {"propagate": True}},
}
