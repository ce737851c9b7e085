"""An Odoo as the conformance kit wants an ERP: the stub, or a real one that is lent by its address."""

import http.client
import json
import os
from contextlib import AbstractContextManager
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

from gatepost.connectors.odoo import OdooConfig, OdooConnector
from gatepost.connectors.odoo import connector as connector_module
from gatepost.connectors.port import Connector, ExportItem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import ErpUnderTest
from tests.connectors.odoo.line import Line
from tests.connectors.odoo.readying import Place, Readying, Refused
from tests.connectors.odoo.stub import DATABASE, DEBUG, KEY, LOGIN, Stub

WRONG_KEY: Final = "not-the-key-5e7d"
_EDITS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.PROJECT: ("account.analytic.account", "name"),
    Kind.SUB_JOB: ("account.analytic.account", "name"),
    Kind.COMMITMENT: ("purchase.order", "origin"),
    Kind.INVOICE: ("account.move", "ref"),
}
_BY_PLACE: Final = {"write": ("ids", "vals"), "create": ("vals_list",)}  # over JSON-RPC
_OPTIONAL: Final = ("user", "product", "retainage", "vendor", "company", "plan")


NOT_LENT: Final = "no Odoo is lent: ODOO_URL, ODOO_DB and ODOO_API_KEY name one"


def lent() -> Place | None:
    """The real Odoo that the environment names, if it does."""
    named = {name: os.environ.get(f"ODOO_{name.upper()}", "") for name in _OPTIONAL}
    given = [os.environ.get(f"ODOO_{name}", "") for name in ("URL", "DB", "API_KEY")]
    if not all(given):
        return None
    return Place(*given, **{name: value for name, value in named.items() if value})


class OdooErp(ErpUnderTest):
    """A company's books in Odoo."""

    secrets = (KEY, WRONG_KEY, DEBUG, os.environ.get("ODOO_API_KEY", KEY))
    nowhere = "999999999"

    def __init__(self, place: Place) -> None:
        self.place = place
        self.line = Line(place.url)

    def close(self) -> None:
        self.line.close()

    def connector(self) -> OdooConnector:
        return self.connected()

    def connected(self, **options: Any) -> OdooConnector:
        place = self.place
        given = {
            "url": self.line.url,
            "database": place.database,
            "user": place.user,
            "api_key": place.key,
            "product": place.product,
            "retainage_product": place.retainage,
            "company": place.company,
            "plan": place.plan,
            "timeout": 60.0,
        }
        return OdooConnector(OdooConfig.model_validate({**given, **options}))

    def badly_configured(self) -> Connector:
        return self.connected(api_key=WRONG_KEY)

    def count(self, item: ExportItem) -> int:
        if item.kind is not Kind.CHANGE_ORDER:
            return len(self.asked("ir.model.data", [["name", "=", f"{item.kind}_{item.mark}"]]))
        names = self.asked("ir.model.data", [["name", "ilike", f"{item.mark}_"]], "res_id")
        ids = [name["res_id"] for name in names]
        lines = self.asked("purchase.order.line", [["id", "in", ids]], "order_id")
        return len({line["order_id"][0] for line in lines})

    def losing_answers(self) -> AbstractContextManager[None]:
        return self.line.losing_answers()

    def away(self) -> AbstractContextManager[None]:
        return self.line.cut()

    def edit(self, item: ExportItem, origin: Origin) -> bool | None:
        if item.kind not in _EDITS:
            return None
        model, field = _EDITS[item.kind]
        self.call(model, "write", ids=[int(origin.id)], vals={field: "seen by Ann"})
        return True

    def made_ready(self) -> "OdooErp":
        """With all in its books that the suite needs: see readying."""
        self.place = Readying(self).made_ready(self.place)
        return self

    def amounts(self, item: ExportItem, origin: Origin) -> dict[str, str]:
        billed = item.kind is Kind.INVOICE
        model, count = (
            ("account.move.line", "quantity") if billed else ("purchase.order.line", "product_qty")
        )
        ids = [int(id) for _, id in origin.lines]
        found = self.asked(model, [["id", "in", ids]], count, "price_unit")
        return {str(each["id"]): str(round(each[count] * each["price_unit"], 2)) for each in found}

    def short_pages(self) -> AbstractContextManager[object]:
        return patch.object(connector_module, "PAGE", 2)

    def vendor(self) -> str:
        return self.place.vendor

    def asked(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        named = {"domain": domain, "fields": list(fields or ("id",)), "limit": 500, "order": "id"}
        found: list[dict[str, Any]] = self.call(model, "search_read", **named)
        return found

    def call(self, model: str, method: str, **named: Any) -> Any:  # noqa: ANN401 - JSON
        """Ask as a tester does: not over the line, nor through the connector.

        Raises:
            Refused: Odoo says no.

        """
        named["context"] = {"active_test": False}
        status, answer = self._post(f"/json/2/{model}/{method}", named)
        if status == 200:
            return answer
        if answer is not None:  # a page for people: it is older, and speaks JSON-RPC
            raise Refused(f"{model}.{method}: {answer.get('message')}")
        place = self.place
        uid = self._rpc("common", "authenticate", [place.database, place.user, place.key, {}])
        if not uid:
            raise Refused(f"{place.user} is not the key's user: ODOO_USER names them")
        by_place = _BY_PLACE.get(method, ())
        first = [named.pop(name) for name in by_place]
        asked = [place.database, uid, place.key, model, method, first, named]
        return self._rpc("object", "execute_kw", asked)

    def _rpc(self, service: str, method: str, args: list[Any]) -> Any:  # noqa: ANN401 - JSON
        params = {"service": service, "method": method, "args": args}
        asked = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        _, answer = self._post("/jsonrpc", asked)
        if answer is None:
            raise Refused(f"there is no Odoo at {self.place.url}, or it lacks the module rpc")
        if error := answer.get("error"):
            raise Refused(f"{' '.join(map(str, args[3:5]))}: {error['data']['message']}")
        return answer["result"]

    def _post(self, path: str, document: object) -> tuple[int, Any]:
        """Its status, and its document; None: it answers with a page."""
        to = urlsplit(self.place.url)
        is_safe = to.scheme == "https"
        far = (http.client.HTTPSConnection if is_safe else http.client.HTTPConnection)(to.netloc)
        headers = {"Authorization": f"Bearer {self.place.key}", "Content-Type": "application/json"}
        headers["X-Odoo-Database"] = self.place.database
        far.request("POST", to.path.rstrip("/") + path, json.dumps(document), headers)
        answer = far.getresponse()
        said = answer.read()
        far.close()
        is_page = not said.lstrip().startswith((b"{", b"[", b"true", b"false", b"null"))
        return answer.status, None if is_page else json.loads(said)


class StubErp(OdooErp):
    """The stub, of one version."""

    def __init__(self, version: int, *, is_fresh: bool = False) -> None:
        self.stub = Stub(version, is_fresh=is_fresh)
        named = ("", "", "") if is_fresh else ("WORK", "RETAINAGE", "7")
        super().__init__(Place(self.stub.url, DATABASE, KEY, LOGIN, *named))

    def close(self) -> None:
        super().close()
        self.stub.close()
