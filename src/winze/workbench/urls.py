"""The addresses of the workbench: the declared routes, the pages of the sign-in library, and the API."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from django.urls import URLPattern, URLResolver, include, path

from winze.workbench import views
from winze.workbench.routes import ROUTES

for module in iter_modules(views.__path__):
    import_module(f"{views.__name__}.{module.name}")
api = import_module("winze.workbench.api.declared").api
import_module("winze.workbench.api")

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(route.path, route.view, name=route.name) for route in ROUTES.values()),
    path("accounts/", include("winze.workbench.accounts_urls")),
    path("api/v1/", api.urls),
]
handler404 = "winze.workbench.views.errors.not_found"
handler500 = "winze.workbench.views.errors.bug"
handler403 = "winze.workbench.views.errors.forbidden"
