"""Who is calling: a token, and perhaps the person it speaks for.

A token reaches as far as its scopes and its company. With ``Gatepost-As`` the person's own rights
hold besides; what belongs to another company is simply not there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gatepost.domain.errors import NotEntitled, NotFound
from gatepost.domain.people import Company, Person
from gatepost.domain.permissions import must_be_named
from gatepost.ledger import tokens
from gatepost.ledger.tokens import Scope, Token
from gatepost_console.problems import Problem, single
from gatepost_console.viewing import Viewer
from gatepost_console.wiring import TheLedger

_bearer = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="`gatepost token create` makes one. One of the scopes that a route names is enough; "
    "`admin` reaches everywhere.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller(Viewer):
    """Whoever sends a request."""

    token: Token

    def must_be_a_person(self) -> Person:
        """The person the token speaks for.

        Raises:
            NotEntitled: it names none; a decision is always somebody's.

        """
        return must_be_named(self.person)

    def must_mean_its_company(self, key: str | None) -> None:
        """Pass, or refuse a question about another company.

        Raises:
            NotFound: for this token there is only its own.

        """
        if key is not None and key != self.company.key:
            raise NotFound.because(
                f"there is no company {key} here",
                field="company",
                who_can_fix=f"the caller: the token speaks for {self.company.key}",
            )


Credentials = HTTPAuthorizationCredentials | None
ActingFor = Annotated[
    str | None,
    Header(
        alias="Gatepost-As",
        description="e-mail of the person the token speaks for",
        max_length=320,
    ),
]


def reaching(*scopes: Scope, vouching: bool = False) -> Callable[..., Caller]:
    """A dependency that gives the caller, if the token has one of the scopes.

    Args:
        scopes: one of them is enough.
        vouching: whether the token may speak for people the directory does not list: a source
            vouches for its senders. Such a person has no right but over what is their own.

    """

    def caller(
        ledger: TheLedger,
        credentials: Annotated[Credentials, Security(_bearer, scopes=list(scopes))],
        gatepost_as: ActingFor = None,
    ) -> Caller:
        token = _token(ledger, credentials)
        must_reach(token, *scopes)
        company = ledger.directory().company(token.company)
        person = _person(company, gatepost_as, vouching=vouching)
        return Caller(token=token, company=company, person=person)

    return caller


def must_reach(token: Token, *scopes: Scope) -> None:
    """Pass, or refuse a token that reaches less far.

    Raises:
        Problem: 403, naming the scopes of which it needs one.

    """
    if any(token.allows(scope) for scope in scopes):
        return
    wanted = " or ".join(scopes)
    raise single(
        403,
        "scope_missing",
        f"the token {token.label} lacks the scope {wanted}",
        "an operator: gatepost token create --scope",
        at="Authorization",
        WWW_Authenticate=f'Bearer error="insufficient_scope", scope="{" ".join(scopes)}"',
    )


def _token(ledger: TheLedger, credentials: HTTPAuthorizationCredentials | None) -> Token:
    if credentials is None:
        raise _unauthenticated("the request needs a token: Authorization: Bearer gp_...", "Bearer")
    token = tokens.verify(ledger, credentials.credentials)
    if token is None:
        why = "the token is not known, or it was revoked"
        raise _unauthenticated(why, 'Bearer error="invalid_token"')
    return token


def _unauthenticated(detail: str, challenge: str) -> Problem:
    who = "an operator can make a token: gatepost token create"
    return single(
        401, "unauthenticated", detail, who, at="Authorization", WWW_Authenticate=challenge
    )


def _person(company: Company, email: str | None, *, vouching: bool) -> Person | None:
    if email is None:
        return None
    if person := company.person(email.strip()):
        return person
    if vouching:
        return Person(email.strip().lower(), email.strip())
    raise NotEntitled.because(
        f"{email} is not in the directory of {company.name}",
        field="Gatepost-As",
        who_can_fix="whoever keeps the company's directory",
    )


Reader = Annotated[Caller, Depends(reaching(Scope.ITEMS_READ))]
Operator = Annotated[Caller, Depends(reaching(Scope.EXPORTS_OPERATE))]
Administrator = Annotated[Caller, Depends(reaching(Scope.ADMIN))]
