"""The company's books: what is the same for all records, asked once and kept."""

import threading
from dataclasses import dataclass

from gatepost.connectors.errors import ConfigurationError, ConnectorError, ReferenceNotFound
from gatepost.connectors.odoo.calling import Domain, Odoo
from gatepost.connectors.odoo.models import COMPANY, ORDER, ORDER_LINE, PLAN, PRODUCT


@dataclass(frozen=True, slots=True)
class Naming:
    """What the connection names in these books; empty where there is only one.

    ``product`` and ``retainage`` are internal references of products, ``plan`` is the analytic plan
    of jobs.
    """

    product: str
    company: str = ""
    plan: str = ""
    retainage: str = ""


class Books:
    """The books of one company; many threads ask."""

    def __init__(self, odoo: Odoo, naming: Naming) -> None:
        self._odoo, self._naming = odoo, naming
        self._kept: dict[tuple[str, str], int] = {}
        self._asking = threading.RLock()
        self._title = ""
        self._fields: dict[tuple[str, str], str] = {}

    def open(self) -> str:
        """Find the company, once; gives its name.

        Raises:
            Transient: Odoo cannot be asked just now.
            ConfigurationError: not with this key, or it is not known which company is meant.

        """
        with self._asking:
            if not self._title:
                named = self._naming.company
                which = [["name", "=", named]] if named else []
                found = self._odoo.search(COMPANY, which, ["name"], limit=2)
                if len(found) != 1:
                    many = "several companies: name one" if found else f"no company {named}"
                    raise ConfigurationError(f"Odoo has {many}".rstrip())
                self._kept[COMPANY, ""] = int(found[0]["id"])
                self._odoo.of_company(int(found[0]["id"]))
                self._title = str(found[0]["name"])
            return self._title

    def company(self) -> int:
        self.open()
        return self._kept[COMPANY, ""]

    def plan(self) -> int:
        """The analytic plan that jobs are accounts of."""
        named = self._naming.plan
        which: Domain = [["name", "=", named]] if named else [["parent_id", "=", False]]
        return self._one(f"analytic plan {named}".strip(), PLAN, which)

    def product(self) -> int:
        """What a line is bought as."""
        return self._product(self._naming.product)

    def retained(self) -> int:
        """What retainage is taken off as."""
        return self._product(self._naming.retainage)

    def unit(self) -> tuple[str, int]:
        """The field of a purchase order's line that is its unit, and the unit a line is bought in."""
        product = self.product()
        field = self._field(ORDER_LINE, "product_uom", "product_uom_id")
        kept = self._kept.get(("unit", ""))
        if kept is None:
            (read,) = self._odoo.search(PRODUCT, [["id", "=", product]], ["uom_id"])
            kept = self._kept["unit", ""] = int(read["uom_id"][0])
        return field, kept

    def terms(self) -> str:
        """The field of a purchase order that its title stands in, above its terms."""
        return self._field(ORDER, "notes", "note")

    def currency(self, code: str) -> int:
        """An active currency by its code: ``USD``."""
        which = [["name", "=", code], ["active", "=", True]]
        return self._one(f"currency {code}", "res.currency", which, ReferenceNotFound)

    def _field(self, model: str, *names: str) -> str:
        """Which of some names a field has in this version of Odoo."""
        self.open()
        with self._asking:
            found = self._fields.get((model, names[0]))
            if found is None:
                asked = {"allfields": list(names), "attributes": ["type"]}
                there = self._odoo.ask(model, "fields_get", **asked)
                found = next((name for name in names if name in there), None)
                if found is None:
                    said = f"Odoo's {model} has no field {' or '.join(names)}"
                    raise ConfigurationError(said)
                self._fields[model, names[0]] = found
            return found

    def _product(self, reference: str) -> int:
        which = [["default_code", "=", reference]]
        return self._one(f"product {reference}", PRODUCT, which)

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
            found = self._odoo.search(model, which, ["id"], limit=2)
            if len(found) != 1:
                raise missing(f"Odoo has {'several' if found else 'none'} of: {said}")
            kept = self._kept[model, said] = int(found[0]["id"])
        return kept
