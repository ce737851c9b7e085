"""The stub's import of rows: all of them or none, by external ids, as Odoo's ``load`` does it."""

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.connectors.odoo.books import Books

Record = dict[str, Any]


class Loading:
    """One call of ``load``."""

    def __init__(
        self, books: "Books", model: str, fields: list[str], data: list[list[str]]
    ) -> None:
        self._books, self._model = books, model
        self._rows = [dict(zip(fields, row, strict=True)) for row in data]
        assert all(isinstance(cell, str) for row in data for cell in row), "cells are texts"

    def load(self) -> Record:
        before = copy.deepcopy(self._books.records)
        try:
            ids = [self._record(own, lines) for own, lines in self._spans()]
        except ValueError as error:
            self._books.records = before
            return {"ids": False, "messages": [{"type": "error", "message": str(error)}]}
        return {"ids": ids, "messages": []}

    def _spans(self) -> list[tuple[Record, dict[str, list[Record]]]]:
        """Each record's own cells, and the rows of its lines: those below it without cells of its own."""
        found: list[tuple[Record, dict[str, list[Record]]]] = []
        schema = self._books.schema[self._model]
        for row in self._rows:
            own: Record = {}
            below: dict[str, Record] = {}
            for column, cell in row.items():
                field, _, rest = column.partition("/")
                if schema.get(field, "").startswith("one2many"):
                    below.setdefault(field, {})[rest] = cell
                else:
                    own[column] = cell
            if any(own.values()):
                found.append((own, {}))
            for field, cells in below.items():
                found[-1][1].setdefault(field, []).append(cells)
        return found

    def _record(self, own: Record, lines: dict[str, list[Record]]) -> int:
        id = self._write(self._model, own)
        for field, rows in lines.items():
            _, model, back = self._books.schema[self._model][field].split()
            for row in rows:
                self._write(model, {**row, f"{back}/.id": str(id)})
        return id

    def _write(self, model: str, cells: Record) -> int:
        name = str(cells["id"])
        module, _, rest = name.partition(".")
        assert "." not in rest, "an external id has one dot"
        assert " " not in rest, "an external id has no space"
        schema = self._books.schema[model]
        values = {
            column.partition("/")[0]: self._value(model, column, cell)
            for column, cell in cells.items()
            if column != "id"
        }
        if model == "purchase.order.line" and not (
            values["product_id"] and any(values.get(name) for name in schema if "uom" in name)
        ):
            raise ValueError("Missing required fields on accountable purchase order line.")
        there = self._books.named(module, rest)
        if there is not None and there["res_id"] in self._books.records[model]:
            assert there["model"] == model
            self._books.records[model][there["res_id"]] |= values
            return int(there["res_id"])
        id = self._books.new(model, values)
        named = {"module": module, "name": rest, "model": model, "res_id": id}
        self._books.create("ir.model.data", [named])
        return id

    def _value(self, model: str, column: str, cell: str) -> Any:  # noqa: ANN401 - JSON
        field, _, sub = column.partition("/")
        type, *more = self._books.schema[model][field].split()
        if not cell:
            return False
        match type:
            case "many2one":
                assert sub == ".id"
                if int(cell) not in self._books.records[more[0]]:
                    raise ValueError(f"No matching record found for database id '{cell}'")
                return int(cell)
            case "many2many":
                return [int(id) for id in cell.split(",")]
            case "float":
                digits = self._books.price_digits if field == "price_unit" else 2
                return float(cell) if digits is None else round(float(cell), digits)
            case "json":  # percentages, to two decimals
                return {name: round(float(part), 2) for name, part in json.loads(cell).items()}
        return cell
