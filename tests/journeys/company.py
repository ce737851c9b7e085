"""The company of the journeys: its directory, and the events its project software sends."""

import uuid
from typing import Any, Final

from gatepost.domain.kinds import ItemRef, Kind
from gatepost.messages.item_events import ITEM_RETRIEVED, ITEM_SENT

ANN: Final = "ann@acme.example"  # accounting approver
BO: Final = "bo@acme.example"  # accounting approver, too
CARLA: Final = "carla@acme.example"  # creates items
UMA: Final = "uma@acme.example"  # sends them
OMAR: Final = "omar@acme.example"  # operator
RITA: Final = "rita@acme.example"  # may only look

#: Seconds a call may last, and until what became of it can be seen: a busy machine's.
PATIENCE: Final = "timeout = 4.0, settle = 1.5"

#: The sandbox as the ERP of "books".
SANDBOX: Final = f'connector = "sandbox"\noptions = {{ url = "ERP_URL", {PATIENCE} }}'

DIRECTORY: Final = """
[company]
key = "acme"
name = "Acme Builders"
[company.settings]
auto_accept = ["invoice"]

[[connections]]
key = "books"
connector = "sandbox"
options = { url = "ERP_URL", PATIENCE }

[[people]]
email = "ann@acme.example"
name = "Ann Ode"
erp_tool = "standard"
can_push_to_accounting = true
daily_summary = false  # nobody's journey is crossed by one

[[people]]
email = "bo@acme.example"
name = "Bo Lind"
erp_tool = "admin"
can_push_to_accounting = true
daily_summary = false  # nobody's journey is crossed by one

[[people]]
email = "carla@acme.example"
name = "Carla Ruiz"
tools = { admin = "admin", commitments = "admin" }

[[people]]
email = "uma@acme.example"
name = "Uma Berg"
tools = { admin = "admin", commitments = "admin" }

[[people]]
email = "omar@acme.example"
name = "Omar Said"
operator = true

[[people]]
email = "rita@acme.example"
name = "Rita Vance"
erp_tool = "read_only"

[[projects]]
external_id = "pm-12"
name = "Harbor Bridge"
approvers = ["ann@acme.example"]

[[vendors]]
external_id = "v-7"
name = "Aker Steel AS"
origin = "V-100"
""".replace("PATIENCE", PATIENCE)

Event = dict[str, Any]


def project(external_id: str, **more: Any) -> Event:
    content = {"number": f"J-{external_id}", "name": "Harbor Bridge, phase 2"}
    return sent(Kind.PROJECT, external_id, content, status="active", project=None, **more)


def sub_job(external_id: str, *, code: str = "02-EAST", **more: Any) -> Event:
    content = {"code": code, "name": "East tower", "cost_codes": ["05-120"]}
    return sent(Kind.SUB_JOB, external_id, content, **more)


def commitment(external_id: str, **more: Any) -> Event:
    lines = [
        _line("l-1", "05-120", "12400.00"),
        _line("l-2", "03-300", "7600.00"),
    ]
    content = {
        "contract_type": "subcontract",
        "vendor": "v-7",
        "currency": "USD",
        "retainage_percent": "10",
        "lines": lines,
        "total": "20000.00",
    }
    title = more.pop("title", "Steel erection, tower B")
    return sent(
        Kind.COMMITMENT, external_id, content, number=f"SC-{external_id}", title=title, **more
    )


def change_order(external_id: str, parent: str, **more: Any) -> Event:
    content = {"lines": [_line("c-1", "05-120", "900.00")], "total": "900.00"}
    number = f"CCO-{external_id}"
    return sent(Kind.CHANGE_ORDER, external_id, content, parent=parent, number=number, **more)


def invoice(external_id: str, parent: str, **more: Any) -> Event:
    content = {
        "billing_date": "2026-11-20",
        "lines": [{"commitment_line": "l-1", "amount": "1000.00", "retainage": "100.00"}],
        "retainage": "100.00",
        "total": "1000.00",
    }
    number = f"INV-{external_id}"
    return sent(Kind.INVOICE, external_id, content, parent=parent, number=number, **more)


def sent(kind: Kind, external_id: str, content: Event, **more: Any) -> Event:
    """An ``item.sent`` event of the contract's shape."""
    data = {
        "company": "acme",
        "kind": kind.value,
        "external_id": external_id,
        "revision": 1,
        "status": "approved",
        "project": "pm-12",
        "parent": None,
        "number": "",
        "title": "",
        "created_by": {"email": CARLA, "name": "Carla Ruiz"},
        "sent_by": {"email": UMA, "name": "Uma Berg"},
        "url": f"https://pm.example/acme/{kind.plural}/{external_id}",
        "content": content,
        **more,
    }
    return event(ITEM_SENT, data)


def event(kind: str, data: Event) -> Event:
    """A CloudEvent of the company's project software."""
    return {
        "specversion": "1.0",
        "type": kind,
        "id": str(uuid.uuid4()),
        "source": "https://pm.example/acme",
        "subject": f"{data.get('company')}/{data.get('kind')}/{data.get('external_id')}",
        "datacontenttype": "application/json",
        "data": data,
    }


def corrected(earlier: Event, **content: Any) -> Event:
    """The same item, corrected at its source and sent again: the next revision, a new event."""
    data = earlier["data"]
    changed = {**data, "revision": data["revision"] + 1, "content": {**data["content"], **content}}
    return event(earlier["type"], changed)


def of_company(key: str, event: Event) -> Event:
    """The same event, of another company."""
    subject = event["subject"].replace("acme/", f"{key}/")
    return {**event, "data": {**event["data"], "company": key}, "subject": subject}


def retrieved(earlier: Event, by: str) -> Event:
    """The same item, taken back by somebody at its source."""
    named = {name: earlier["data"][name] for name in ("company", "kind", "external_id")}
    return event(ITEM_RETRIEVED, {**named, "by": by})


def item_id(of: Event) -> str:
    data = of["data"]
    return ItemRef(data["company"], Kind(data["kind"]), data["external_id"]).item_id


def _line(external_id: str, cost_code: str, amount: str) -> Event:
    return {
        "external_id": external_id,
        "cost_code": cost_code,
        "cost_type": "S",
        "description": "Erect steel",
        "quantity": "1",
        "unit": "ls",
        "unit_cost": amount,
        "amount": amount,
    }
