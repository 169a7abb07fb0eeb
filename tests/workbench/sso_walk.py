"""A home with its own identity provider, walked by several people: run by test_sso.py in a process of its own, since
whether there is a provider is decided when the settings are read. Prints what it found as JSON."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

WHO: dict[str, Any] = {}
TOLD: dict[str, list[str]] = {}


class Provider(BaseHTTPRequestHandler):
    """Speaks just enough of OpenID Connect: discovery, token, userinfo."""

    def do_GET(self) -> None:
        at = f"http://{self.headers['Host']}"
        if self.path.endswith("/.well-known/openid-configuration"):
            return self._say({
                "issuer": at, "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token",
                "userinfo_endpoint": f"{at}/userinfo", "jwks_uri": f"{at}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            })  # fmt: skip
        return self._say(WHO)

    def do_POST(self) -> None:
        TOLD.update(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        claims = {**WHO, "iss": f"http://{self.headers['Host']}", "aud": "winze", "exp": int(time.time()) + 60}
        token = jwt.encode(claims, "a key of the provider's own, long enough", algorithm="HS256")
        self._say({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _say(self, what: Any) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


def walk(home: Path) -> dict[str, Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["WINZE_OIDC"] = f"http://winze:a%2Fsecret@127.0.0.1:{server.server_port}/"
    from winze.workbench.home import open_

    open_(home)
    import walking
    from allauth.socialaccount.models import SocialAccount
    from django.test import Client

    from winze.workbench.models import Event, User
    from winze.workbench.store import people

    organisation = people.found("refiner", "A refiner")
    boss = User.objects.create_user("boss@example.org", "a long password", name="Bintou Boss")
    people.join(organisation, boss, ["administrator"], None)
    by = people.acting(boss.pk, organisation.pk)
    assert by is not None
    people.invite(by, "invited@example.org", "Ines Invited", ["viewer"])

    def come(sub: str, email: str, verified: bool = True, query: str = "", client: Client | None = None) -> Any:
        browser = client or Client(HTTP_HOST="localhost")
        away = browser.get(f"/accounts/oidc/organisation/login/{query}").headers["Location"]
        asked = parse_qs(urlsplit(away).query)
        WHO.clear()
        WHO.update(sub=sub, email=email, email_verified=verified, name="Named By Provider", phone="+243 000")
        answer = browser.get("/accounts/oidc/organisation/login/callback/", {"code": "c", "state": asked["state"][0]})
        return {"status": answer.status_code, "to": answer.headers.get("Location"), "asked": sorted(asked),
                "in": browser.get("/people/").status_code == 200, "text": answer.content.decode()}  # fmt: skip

    password = Client(HTTP_HOST="localhost")
    password.login(email="boss@example.org", password="a long password")
    found: dict[str, Any] = {"login": Client(HTTP_HOST="localhost").get("/accounts/login/").content.decode()}
    found["boss before"] = password.get("/people/").status_code
    found["stranger"] = come("s-1", "stranger@example.org")
    found["unverified"] = come("b-0", "boss@example.org", verified=False)
    found["invited"] = come("i-1", "Invited@example.org", query="?next=/people/")
    found["invited again"] = come("i-1", "moved@example.org")
    found["boss"] = come("b-1", "boss@example.org")
    found["boss after"] = password.get("/people/").status_code
    found["boss by password"] = Client().login(email="boss@example.org", password="a long password")
    found["boss by another"] = come("b-2", "boss@example.org")
    found["boss as invited"] = come("i-1", "boss@example.org")
    connecting = Client(HTTP_HOST="localhost")
    come("b-1", "boss@example.org", client=connecting)
    found["connect"] = come("b-9", "boss@example.org", query="?process=connect", client=connecting)
    found["no state"] = Client(HTTP_HOST="localhost").get(
        "/accounts/oidc/organisation/login/callback/?code=c&state=forged").content.decode()  # fmt: skip
    found["users"] = sorted(User.objects.values_list("email", flat=True))
    found["kept"] = [repr(one) for one in SocialAccount.objects.values("uid", "extra_data")]
    found["invited can"] = sorted(m.role for m in User.objects.get(email="invited@example.org").memberships.all())
    found["verbs"] = sorted(set(Event.objects.values_list("verb", flat=True)))
    found["undeclared"] = walking.undeclared(walking.addresses())
    found["secret"] = TOLD.get("client_secret")
    found["verifier"] = bool(TOLD.get("code_verifier"))
    return found


if __name__ == "__main__":
    print(json.dumps(walk(Path(sys.argv[1])), default=str))
