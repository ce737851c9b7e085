"""The company's books: what is the same for all records, asked once and kept."""

from typing import Final

from gatepost.connectors.errors import ConfigurationError, ConnectorError, ReferenceNotFound
from gatepost.connectors.tryton.models import JOB
from gatepost.connectors.tryton.rest import Domain, Rest

MODULES: Final = ("purchase", "account_invoice", "analytic_purchase", "analytic_invoice")


class Books:
    """The books of one company; many threads ask.

    Args:
        rest: the API of the database.
        company: the company's name; empty where there is only one.
        jobs: the code or the name of the analytic root that projects are put under; empty where there
            is only one.

    """

    def __init__(self, rest: Rest, company: str, jobs: str) -> None:
        self._rest = rest
        self._named, self._root = company, jobs
        self._kept: dict[tuple[str, str], int] = {}
        self._title = ""

    def open(self) -> str:
        """Find the company, once; gives its name.

        Raises:
            Transient: Tryton cannot be asked just now.
            ConfigurationError: it lacks a module, or it is not known which company is meant.

        """
        if not self._title:  # several threads may ask at once: they are told the same
            self._has_its_modules()
            which = [["party.name", "=", self._named]] if self._named else []
            found = self._rest.search("company.company", which, ["party.name"], limit=2)
            if len(found) != 1:
                raise ConfigurationError(self._no_company(len(found)))
            self._rest.of_company(found[0]["id"])
            self._kept["company", ""] = found[0]["id"]
            self._title = str(found[0]["party"]["name"])
        return self._title

    def company(self) -> int:
        self.open()
        return self._kept["company", ""]

    def root(self) -> int:
        """The analytic account that projects are put under."""
        which = ["OR", ["code", "=", self._root], ["name", "=", self._root]] if self._root else []
        domain = [["type", "=", "root"], ["company", "=", self.company()], which]
        return self._one(f"analytic root {self._root}".strip(), JOB, domain)

    def currency(self, code: str) -> int:
        """A currency by its code: ``USD``."""
        which = [["code", "=", code]]
        return self._one(f"currency {code}", "currency.currency", which, ReferenceNotFound)

    def account(self, code: str) -> int:
        """An account by its code: ``5.1.3``."""
        which = [["code", "=", code], ["company", "=", self.company()]]
        return self._one(f"account {code}", "account.account", which)

    def journal(self) -> int:
        """The journal that supplier invoices are posted in."""
        return self._one("journal for expenses", "account.journal", [["type", "=", "expense"]])

    def default_account(self, name: str) -> int:
        """One of the accounts that the company's configuration names."""
        kept = self._kept.get(("default", name))
        if kept is None:
            self.open()
            found = self._rest.search("account.configuration", [], [name])
            kept = found[0].get(name) if found else None
            if kept is None:
                what = name.removeprefix("default_").replace("_", " ")
                raise ConfigurationError(f"Tryton's accounting is set up without: {what}")
            self._kept["default", name] = kept
        return int(kept)

    def _one(
        self,
        said: str,
        model: str,
        which: Domain,
        missing: type[ConnectorError] = ConfigurationError,
    ) -> int:
        """The id of the one record a domain describes; ``said`` is what it is in a sentence."""
        self.open()
        kept = self._kept.get((model, said))
        if kept is None:
            found = self._rest.search(model, which, ["id"], limit=2)
            if len(found) != 1:
                raise missing(f"Tryton has {'several' if found else 'none'} of: {said}")
            kept = self._kept[model, said] = int(found[0]["id"])
        return kept

    def _has_its_modules(self) -> None:
        domain = [["name", "in", list(MODULES)], ["state", "=", "activated"]]
        active = {each["name"] for each in self._rest.search("ir.module", domain, ["name"])}
        if missing := [name for name in MODULES if name not in active]:
            raise ConfigurationError(f"Tryton lacks modules: activate {', '.join(missing)}")

    def _no_company(self, found: int) -> str:
        if self._named:
            return f"Tryton has no company {self._named}"
        return "Tryton has several companies: name one" if found else "Tryton has no company yet"
