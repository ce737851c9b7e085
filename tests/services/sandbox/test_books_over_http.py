"""What the ERP keeps, and what it will not keep."""

import uuid
from typing import Any

import httpx
import pytest


def commitment(**more: Any) -> dict[str, Any]:
    lines = [
        {"external_id": "l-1", "cost_code": "05-120", "amount": "12400.00"},
        {"external_id": "l-2", "cost_code": "01-540", "amount": "58800.00"},
    ]
    body = {"mark": str(uuid.uuid4()), "title": "Steel erection, tower B", "vendor": "V-100"}
    return body | {"total": "71200.00", "lines": lines} | more


def entered(erp: httpx.Client, plural: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = erp.post(f"/erp/{plural}", json=body)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def found(erp: httpx.Client, **where: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = erp.get("/erp/records", params=where).json()["records"]
    return records


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    return answer.status_code, answer.json()["code"]


def test_a_record_gets_an_id_and_each_of_its_lines_gets_one_under_it(erp: httpx.Client) -> None:
    # When a commitment with two lines is entered
    receipt = entered(erp, "commitments", commitment(number="SC-1001"))

    # Then the answer maps the caller's lines to the ERP's
    assert receipt["id"].startswith("PO-")
    assert (receipt["number"], receipt["version"]) == ("SC-1001", 1)
    assert receipt["lines"] == [
        {"external_id": "l-1", "id": f"{receipt['id']}-1"},
        {"external_id": "l-2", "id": f"{receipt['id']}-2"},
    ]

    # And the record is in the books with everything that was sent
    record = erp.get(f"/erp/commitments/{receipt['id']}").json()
    assert record["kind"] == "commitment"
    assert record["total"] == "71200.00"
    assert record["lines"][1]["cost_code"] == "01-540"


def test_every_kind_has_ids_of_its_own_and_children_hang_under_their_parents(
    erp: httpx.Client,
) -> None:
    # When a project and all that belongs to it is entered
    project = entered(erp, "projects", {"name": "Harbor Bridge", "customer": "C-10"})["id"]
    sub_job = entered(erp, "sub_jobs", {"name": "East tower", "parent": project})["id"]
    order = entered(erp, "commitments", commitment(parent=sub_job))["id"]
    change = entered(erp, "change_orders", {"parent": order, "total": "8206.00"})["id"]
    bill = entered(erp, "invoices", {"parent": order, "total": "22700.00"})["id"]

    # Then each goes by its kind's letters
    prefixes = [name.split("-")[0] for name in (project, sub_job, order, change, bill)]
    assert prefixes == ["PRJ", "SUB", "PO", "CO", "BILL"]
    assert [one["id"] for one in found(erp, parent=order)] == [change, bill]


def test_two_posts_with_one_mark_make_two_records(erp: httpx.Client) -> None:
    # Given a body with a mark and a number
    body = commitment(number="SC-1002", reference="pm-552")

    # When it is posted twice, even with an Idempotency-Key nobody asked the ERP to honour
    for _ in range(2):
        assert erp.post("/erp/commitments", json=body, headers={"Idempotency-Key": "k"}).is_success

    # Then the double write is there to be seen
    assert len(found(erp, kind="commitment", mark=body["mark"])) == 2
    assert len(found(erp, kind="commitment", reference="pm-552")) == 2
    assert found(erp, kind="invoice", mark=body["mark"]) == []


def test_a_repeated_key_is_given_the_first_answer_when_the_erp_was_asked_to(
    erp: httpx.Client,
) -> None:
    # Given an ERP that honours the key, a setting the next mode does not undo
    erp.put("/erp/behaviour", json={"honour_idempotency_key": True})
    erp.put("/erp/behaviour", json={"mode": "ok"})
    body, key = commitment(), {"Idempotency-Key": str(uuid.uuid4())}

    # When the same key comes twice
    answers = [erp.post("/erp/commitments", json=body, headers=key) for _ in range(2)]

    # Then there is one record, and both callers were told the same
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(found(erp, mark=body["mark"])) == 1


def test_a_number_of_another_record_is_refused(erp: httpx.Client) -> None:
    # Given a commitment with a number
    first = entered(erp, "commitments", commitment(number="SC-1003"))

    # When another commitment, marked or not, comes with the same number
    marked = erp.post("/erp/commitments", json=commitment(number="SC-1003"))
    unmarked = erp.post("/erp/commitments", json=commitment(number="SC-1003", mark=None))

    # Then it is refused by name, and another kind may still use the number
    assert refusal(marked) == refusal(unmarked) == (409, "duplicate_number")
    assert first["id"] in marked.json()["detail"]
    entered(erp, "invoices", {"number": "SC-1003"})


@pytest.mark.parametrize(
    ("plural", "body", "code"),
    [
        ("sub_jobs", {"parent": "PRJ-999999"}, "parent_not_found"),
        ("invoices", {"parent": "C-10"}, "parent_not_found"),
        ("commitments", {"vendor": "V-999"}, "vendor_not_found"),
        ("projects", {"customer": "C-999"}, "customer_not_found"),
        ("sub_jobs", {"number": "02-100-EAST-TOWER-CURTAIN-WALL-PHASE-2"}, "too_long"),
    ],
)
def test_what_real_books_would_not_hold_is_refused_and_not_written(
    erp: httpx.Client, plural: str, body: dict[str, Any], code: str
) -> None:
    # When it is posted
    mark = str(uuid.uuid4())
    answer = erp.post(f"/erp/{plural}", json=body | {"mark": mark})

    # Then the answer says why
    assert refusal(answer) == (422, code)
    assert found(erp, mark=mark) == []


def test_a_parent_of_the_wrong_kind_is_no_parent(erp: httpx.Client) -> None:
    project = entered(erp, "projects", {"name": "Harbor Bridge"})["id"]
    answer = erp.post("/erp/change_orders", json={"parent": project})
    assert refusal(answer) == (422, "parent_not_found")


@pytest.mark.parametrize("sent", [b"", b"no json", b"[1]", b'{"lines": [1]}', b'{"lines": {}}'])
def test_a_body_that_cannot_be_read_is_refused(erp: httpx.Client, sent: bytes) -> None:
    assert refusal(erp.post("/erp/invoices", content=sent)) == (400, "not_readable")


def test_an_update_raises_the_version_and_keeps_the_ids_of_the_lines(erp: httpx.Client) -> None:
    # Given a commitment with two lines
    order = entered(erp, "commitments", commitment(number="SC-1004"))
    address = f"/erp/commitments/{order['id']}"

    # When its second line is replaced
    lines = [{"external_id": "l-1", "amount": "13000.00"}, {"external_id": "l-3", "amount": "1.00"}]
    receipt = erp.put(address, json={"total": "13001.00", "lines": lines}).json()

    # Then the first keeps its id, the new one gets one nobody had, and what was not named stays
    assert receipt["version"] == 2
    assert [line["id"] for line in receipt["lines"]] == [f"{order['id']}-1", f"{order['id']}-3"]
    record = erp.get(address).json()
    assert (record["total"], record["number"]) == ("13001.00", "SC-1004")
    assert record["vendor"] == "V-100"


def test_an_update_is_checked_like_a_new_record(erp: httpx.Client) -> None:
    order = entered(erp, "commitments", commitment())["id"]
    answer = erp.put(f"/erp/commitments/{order}", json={"vendor": "V-999"})
    assert refusal(answer) == (422, "vendor_not_found")
    assert erp.get(f"/erp/commitments/{order}").json()["version"] == 1


def test_a_removed_record_is_gone_and_its_id_is_not_given_again(erp: httpx.Client) -> None:
    # Given a record that a bookkeeper removes
    order = entered(erp, "commitments", commitment())["id"]
    assert erp.delete(f"/erp/commitments/{order}").status_code == 204

    # Then it is not found by anyone
    assert refusal(erp.get(f"/erp/commitments/{order}")) == (404, "record_not_found")
    assert refusal(erp.put(f"/erp/commitments/{order}", json={})) == (404, "record_not_found")
    assert refusal(erp.delete(f"/erp/commitments/{order}")) == (404, "record_not_found")

    # And the next one is another
    assert entered(erp, "commitments", commitment())["id"] != order


def test_customers_and_vendors_are_there_from_the_start(erp: httpx.Client) -> None:
    customers = erp.get("/erp/customers").json()["customers"]
    vendors = erp.get("/erp/vendors").json()["vendors"]
    assert len(customers) >= 6
    assert len(vendors) >= 8
    assert vendors[0]["id"] == "V-100"
    assert vendors[0]["name"] == "Aker Steel AS"


def test_what_is_not_there_is_a_problem_too(erp: httpx.Client) -> None:
    assert refusal(erp.post("/erp/timecards", json={})) == (404, "unknown_kind")
    assert refusal(erp.get("/erp/records", params={"kind": "timecard"})) == (404, "unknown_kind")
    assert refusal(erp.get("/nothing")) == (404, "not_found")
    assert refusal(erp.delete("/erp/records")) == (405, "method_not_allowed")
    assert erp.get("/livez").is_success


def test_a_long_list_is_told_in_parts_that_never_move(erp: httpx.Client) -> None:
    # Given commitments of one name, asked for two at a time
    numbers = [f"PART-{number}" for number in range(5)]
    ids = [entered(erp, "commitments", commitment(number=each, lines=[]))["id"] for each in numbers]
    wanted = {"kind": "commitment", "q": "PART-", "limit": "2"}
    first = erp.get("/erp/records", params=wanted).json()
    assert [each["id"] for each in first["records"]] == ids[:2]

    # When one that was told already is removed meanwhile, then the next parts miss nothing
    erp.delete(f"/erp/commitments/{ids[0]}")
    second = erp.get("/erp/records", params={**wanted, "cursor": first["next_cursor"]}).json()
    third = erp.get("/erp/records", params={**wanted, "cursor": second["next_cursor"]}).json()
    assert [each["id"] for each in second["records"] + third["records"]] == ids[2:]
    assert third["next_cursor"] is None


def test_customers_and_vendors_are_told_in_parts_too(erp: httpx.Client) -> None:
    whole = erp.get("/erp/vendors").json()
    assert list(whole) == ["vendors"], "without a part being asked for, it is the whole list"
    first = erp.get("/erp/vendors", params={"limit": "4"}).json()
    rest = erp.get("/erp/vendors", params={"cursor": first["next_cursor"]}).json()
    assert first["vendors"] + rest["vendors"] == whole["vendors"]
    steel = erp.get("/erp/vendors", params={"q": "steel"}).json()["vendors"]
    assert [each["name"] for each in steel] == ["Aker Steel AS"]


@pytest.mark.parametrize("part", [{"limit": "many"}, {"cursor": "nowhere"}])
def test_a_part_that_is_none_is_refused(erp: httpx.Client, part: dict[str, str]) -> None:
    assert refusal(erp.get("/erp/records", params=part)) == (400, "not_readable")
