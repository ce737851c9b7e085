"""The OpenID provider that people sign in with: the code flow with PKCE, and every check on its answer.

It is asked for an address and whether it is verified, nothing else; what somebody may do stands in
the company's directory.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import httpcore
import orjson
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gatepost_console.settings import ConsoleSettings

CALLBACK: Final = "/sign-in/oidc/back"
CHANNEL: Final = "oidc"
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
LEEWAY: Final = 30  # seconds by which two clocks may differ
LARGEST: Final = 512 * 1024  # bytes of an answer
_TIMES: Final = {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 10.0}
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class NotVouched(Exception):
    """The provider does not vouch for whoever came; ``str()`` says why, ``who_can_fix`` who helps."""

    def __init__(self, why: str, who_can_fix: str) -> None:
        super().__init__(why)
        self.who_can_fix = who_can_fix


def _trouble(why: str) -> NotVouched:
    return NotVouched(why, "an operator; meanwhile a mailed code signs in")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to the provider and back; each value is used once."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One OpenID provider.

    Args:
        settings: where it is, and what it knows Gatepost by.
        public_url: where people reach the console.

    """

    def __init__(self, settings: ConsoleSettings, public_url: str) -> None:
        self._settings = settings
        self._back = public_url.rstrip("/") + CALLBACK
        self._document: dict[str, Any] = {}
        self._keys: KeySet | None = None

    def address(self, attempt: Attempt) -> str:
        """Where a browser goes to sign in.

        Raises:
            NotVouched: the provider does not answer.

        """
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._back,
            "scope": "openid email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.verifier),
            "code_challenge_method": "S256",
        }
        return str(add_params_to_uri(self._known("authorization_endpoint"), list(asked.items())))

    def email(self, code: str, attempt: Attempt, now: datetime) -> str:
        """The verified address of whoever came back with that code.

        Raises:
            NotVouched: the provider vouches for nobody, or not as it must.

        """
        claims = self._claims(self._id_token(code, attempt), attempt, now)
        email = claims.get("email")
        if not isinstance(email, str) or "@" not in email:
            raise _trouble("the provider gave no e-mail address")
        if claims.get("email_verified") is not True:
            raise NotVouched(
                f"the provider has not verified the address {email}", "whoever keeps its accounts"
            )
        self._must_be_let_in(email)
        return email.strip().lower()

    def must_be_of(self, issuer: str | None) -> None:
        """Pass, or refuse an answer that names another provider (RFC 9207)."""
        if issuer is not None and issuer != self._settings.oidc_issuer:
            raise NotVouched("the answer came from another provider", "you: sign in again")

    def _must_be_let_in(self, email: str) -> None:
        domains = {each.strip().lower() for each in self._settings.oidc_domains.split(",")} - {""}
        if domains and email.rpartition("@")[2].lower() not in domains:
            raise NotVouched(
                f"addresses like {email} are not let in here", "an operator: GATEPOST_OIDC_DOMAINS"
            )

    def _id_token(self, code: str, attempt: Attempt) -> str:
        secret = self._settings.oidc_client_secret
        shown = secret.get_secret_value() if secret else ""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": attempt.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        ways = self._discovered().get("token_endpoint_auth_methods_supported")
        if ways and "client_secret_basic" not in ways:
            form |= {"client_id": self._settings.oidc_client_id, "client_secret": shown}
        else:
            pair = f"{quote_plus(self._settings.oidc_client_id)}:{quote_plus(shown)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        answer = _call("POST", self._known("token_endpoint"), headers, urlencode(form))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _trouble("the provider gave no identity")
        return token

    def _claims(self, token: str, attempt: Attempt, now: datetime) -> Mapping[str, Any]:
        try:
            decoded = self._decoded(token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self._settings.oidc_issuer},
                    "aud": {"essential": True, "value": self._settings.oidc_client_id},
                },
                params={"nonce": attempt.nonce, "client_id": self._settings.oidc_client_id},
            )
            claims.validate(int(now.timestamp()), LEEWAY)
        except (JoseError, ValueError, TypeError) as error:
            # The class and not the text: it might quote what must not stand in a log.
            raise _trouble(
                f"what the provider says does not hold ({type(error).__name__})"
            ) from None
        found: Mapping[str, Any] = claims
        return found

    def _decoded(self, token: str) -> jwt.Token:
        """The token, its signature checked; keys that are new at the provider are fetched once."""
        if self._keys is not None:
            try:
                return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                pass  # it may have other keys by now
        self._keys = KeySet.import_key_set(_call("GET", self._known("jwks_uri"), {}))  # type: ignore[arg-type]
        return jwt.decode(token, self._keys, algorithms=ALGORITHMS)

    def _known(self, endpoint: str) -> str:
        return str(self._discovered()[endpoint])

    def _discovered(self) -> dict[str, Any]:
        if not self._document:
            issuer = self._settings.oidc_issuer
            place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            found = _call("GET", place, {})
            if found.get("issuer") != issuer:
                raise _trouble("the provider calls itself otherwise than GATEPOST_OIDC_ISSUER does")
            scheme = issuer.partition("://")[0]
            for name in _ENDPOINTS:
                if not str(found.get(name)).startswith((f"{scheme}://", "https://")):
                    raise _trouble(f"the provider names no {name} that can be used")
            self._document = found
        return self._document


def _call(method: str, url: str, headers: Mapping[str, str], body: str = "") -> dict[str, Any]:
    """A JSON document from the provider.

    Raises:
        NotVouched: it does not answer, or not with one.

    """
    sent: list[tuple[str | bytes, str | bytes]] = [*headers.items(), ("Accept", "application/json")]
    try:
        with httpcore.ConnectionPool() as pool:
            answer = pool.request(
                method, url, headers=sent, content=body.encode(), extensions={"timeout": _TIMES}
            )
        document = orjson.loads(answer.content[:LARGEST])
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError):
        raise _trouble("the provider does not answer") from None
    except ValueError:
        raise _trouble("the provider's answer cannot be read") from None
    if answer.status != 200 or not isinstance(document, dict):
        said = document.get("error") if isinstance(document, dict) else ""
        named = f": {said}" if isinstance(said, str) and said.isidentifier() else ""
        raise _trouble(f"the provider answered {answer.status}{named}")
    return document
