"""An OpenID provider in a process of its own: real HTTP, real keys, RS256; it says what it is told to.

``PUT /next`` sets what the next identity says otherwise than it should; it holds for one sign-in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT: Final = "gatepost"
SECRET: Final = "what only the two know"
KEY: Final = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
OTHER_KEY: Final = RSAKey.generate_key(2048)


class Provider(BaseHTTPRequestHandler):
    """Lets anybody in, and says who they are."""

    next_time: dict[str, Any] = {}  # noqa: RUF012 - what the next identity says
    codes: dict[str, dict[str, str]] = {}  # noqa: RUF012 - that were given and not taken yet

    @property
    def url(self) -> str:
        return f"http://{self.headers['Host']}"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            self._say(200, self._document())
        elif parts.path == "/keys":
            self._say(200, KeySet([KEY]).as_dict(private=False))
        elif parts.path == "/authorize":
            self._authorize({name: each[0] for name, each in parse_qs(parts.query).items()})
        else:
            self._say(404, {})

    def do_PUT(self) -> None:
        Provider.next_time = json.loads(self._body())
        self._say(200, {})

    def do_POST(self) -> None:
        form = {name: each[0] for name, each in parse_qs(self._body()).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        pair = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {pair}":
            self._say(401, {"error": "invalid_client"})
        elif (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            self._say(400, {"error": "invalid_grant"})
        else:
            self._say(200, {"access_token": "a", "token_type": "Bearer", **self._identity(asked)})

    def _authorize(self, asked: dict[str, str]) -> None:
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.url})
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{back}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _identity(self, asked: dict[str, str]) -> dict[str, str]:
        now, said = int(time.time()), Provider.next_time
        Provider.next_time = {}
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email_verified": True,
            **said.get("claims", {}),
        }
        if age := said.get("age"):
            claims |= {"iat": now - age - 300, "exp": now - age}
        key = OTHER_KEY if said.get("forged") else KEY
        return {"id_token": jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, key)}

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def _body(self) -> str:
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()

    def _say(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: its test says what went wrong."""


@contextmanager
def provider() -> Generator[str]:
    """A provider that runs; gives its address."""
    command = [sys.executable, "-m", "tests.oidc_provider"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def says(url: str, **next_time: Any) -> None:
    """What the provider says of whoever signs in next: ``claims``, ``age`` in seconds, ``forged``."""
    body = json.dumps(next_time).encode()
    request = urllib.request.Request(f"{url}/next", method="PUT", data=body)  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=60):  # noqa: S310 - our own
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
