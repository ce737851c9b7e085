"""What the schema says of requests: order, lengths. Not the connector's own, so that one tries the other."""

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from lxml import etree

_REF: Final = ("ListID", "FullName")
_LINE: Final = (
    "ItemRef ManufacturerPartNumber Desc Quantity UnitOfMeasure Rate ClassRef Amount CustomerRef "
    "ServiceDate SalesTaxCodeRef OverrideItemAccountRef Other1 Other2 DataExt"
)
_CUSTOMER: Final = (
    "Name IsActive ClassRef ParentRef CompanyName Salutation FirstName MiddleName LastName JobTitle "
    "BillAddress ShipAddress ShipToAddress Phone AltPhone Fax Email Cc Contact AltContact "
    "CustomerTypeRef TermsRef SalesRepRef OpenBalance OpenBalanceDate SalesTaxCodeRef ItemSalesTaxRef "
    "ResaleNumber AccountNumber CreditLimit PreferredPaymentMethodRef CreditCardInfo JobStatus "
    "JobStartDate JobProjectedEndDate JobEndDate JobDesc JobTypeRef Notes PreferredDeliveryMethod "
    "PriceLevelRef ExternalGUID CurrencyRef"
)
_ORDER: Final = (
    "VendorRef ClassRef InventorySiteRef ShipToEntityRef TemplateRef TxnDate RefNumber VendorAddress "
    "ShipAddress TermsRef DueDate ExpectedDate ShipMethodRef FOB IsManuallyClosed Memo VendorMsg "
    "IsToBePrinted IsToBeEmailed Other1 Other2 ExchangeRate ExternalGUID"
)
_TXN_QUERY: Final = (
    "TxnID RefNumber RefNumberCaseSensitive MaxReturned ModifiedDateRangeFilter TxnDateRangeFilter "
    "EntityFilter AccountFilter RefNumberFilter RefNumberRangeFilter IncludeLineItems "
    "IncludeLinkedTxns IncludeRetElement OwnerID"
)
_LIST_QUERY: Final = (
    "ListID FullName MaxReturned ActiveStatus FromModifiedDate ToModifiedDate NameFilter "
    "NameRangeFilter IncludeRetElement OwnerID"
)


def _names(text: str) -> Sequence[str]:
    return text.split()


#: The children an element may have, in the order they must have.
CHILDREN: Final[Mapping[str, Sequence[str]]] = {
    "CustomerAdd": _CUSTOMER.split(),
    "CustomerMod": ["ListID", "EditSequence", *_CUSTOMER.replace(" ExternalGUID", "").split()],
    "BillAddress": _names(
        "Addr1 Addr2 Addr3 Addr4 Addr5 City State PostalCode Country Note"
    ),
    "PurchaseOrderAdd": [*_ORDER.replace(" IsManuallyClosed", "").split(), "PurchaseOrderLineAdd"],
    "PurchaseOrderLineAdd": _LINE.split(),
    "PurchaseOrderMod": [
        "TxnID", "EditSequence", *_ORDER.replace(" ExternalGUID", "").split(), "PurchaseOrderLineMod",
    ],
    "PurchaseOrderLineMod": ["TxnLineID", *_LINE.replace(" DataExt", "").split()],
    "BillAdd": _names(
        "VendorRef VendorAddress APAccountRef TxnDate DueDate RefNumber TermsRef Memo "
        "ExchangeRate ExternalGUID LinkToTxnID ExpenseLineAdd ItemLineAdd ItemGroupLineAdd"
    ),
    "ExpenseLineAdd": _names(
        "AccountRef Amount Memo CustomerRef ClassRef BillableStatus"
    ),
    "ItemLineAdd": _names(
        "ItemRef InventorySiteRef Desc Quantity UnitOfMeasure Cost Amount CustomerRef ClassRef "
        "BillableStatus OverrideItemAccountRef LinkToTxn"
    ),
    "LinkToTxn": ["TxnID", "TxnLineID"],
    "CustomerQueryRq": _LIST_QUERY.split(),
    "VendorQueryRq": _LIST_QUERY.split(),
    "PurchaseOrderQueryRq": _TXN_QUERY.split(),
    "BillQueryRq": _TXN_QUERY.split(),
    "NameFilter": ["MatchCriterion", "Name"],
    "RefNumberFilter": ["MatchCriterion", "RefNumber"],
    **dict.fromkeys(("ParentRef", "VendorRef", "ItemRef", "CustomerRef", "AccountRef"), _REF),
    **{f"{name}Rq": [name] for name in ("CustomerAdd", "CustomerMod", "PurchaseOrderAdd",
                                        "PurchaseOrderMod", "BillAdd")},
    "CompanyQueryRq": [],
    "HostQueryRq": [],
}  # fmt: skip

#: The longest texts, by the end of their path.
LENGTHS: Final[Mapping[str, int]] = {
    "CustomerAdd/Name": 41, "CustomerMod/Name": 41, "AccountNumber": 99, "JobDesc": 99,
    "Addr1": 41, "Addr2": 41, "Addr3": 41, "Addr4": 41, "Addr5": 41, "City": 31, "State": 21,
    "PostalCode": 13, "Country": 31, "Notes": 4095, "PurchaseOrderAdd/RefNumber": 11,
    "PurchaseOrderMod/RefNumber": 11, "BillAdd/RefNumber": 20, "Memo": 4095, "Desc": 4095,
    "Other1": 25, "Other2": 29, "EditSequence": 16, "ListID": 36, "TxnID": 36, "TxnLineID": 36,
}  # fmt: skip
_AMOUNT: Final = re.compile(r"-?\d{1,13}\.\d{2}")
_ROOT: Final = re.compile(rb"<(\w+:)?element\b[^>]*\bname=[\"']QBXML[\"']")


class ParseError(Exception):
    """The request as a whole: QuickBooks says no more than that."""


def check(element: Any, path: str = "") -> None:  # noqa: ANN401 - lxml has no types
    """Refuse what the schema does not allow.

    Raises:
        ParseError: an element is unknown, out of its order, too long or of another shape.

    """
    path = f"{path}/{element.tag}"
    known = CHILDREN.get(element.tag)
    if known is None:
        _check_text(element.text or "", path)
        return
    last = -1
    for child in element:
        if child.tag not in known or known.index(child.tag) < last:
            raise ParseError(f"{path}: {child.tag} may not stand here")
        last = known.index(child.tag)
        check(child, path)


def _check_text(text: str, path: str) -> None:
    for end, limit in LENGTHS.items():
        if path.endswith(f"/{end}") and len(text) > limit:
            raise ParseError(f"{path}: {len(text)} characters")
    if path.endswith("/Amount") and not _AMOUNT.fullmatch(text):
        raise ParseError(f"{path}: no amount")
    if path.endswith("Add/Name") and ":" in text:
        raise ParseError(f"{path}: a colon")


def published() -> Any | None:  # noqa: ANN401 - lxml has no types
    """The published schema, where ``QBXML_XSD_DIR`` says it is: 13.0, else another version.

    Raises:
        LookupError: that folder has none, or one that cannot be read.

    """
    folder = os.environ.get("QBXML_XSD_DIR")
    return _read(Path(folder)) if folder else None


def check_published(document: Any, schema: Any) -> None:  # noqa: ANN401 - as above
    """Refuse what the published schema does not allow.

    Raises:
        ParseError: it is not of the schema; says where.

    """
    if not schema.validate(document):
        raise ParseError(f"not of the published schema: {schema.error_log.last_error}")


@lru_cache
def _read(folder: Path) -> Any:  # noqa: ANN401 - as above
    for each in sorted(folder.glob("*.xsd"), key=lambda one: ("130" not in one.name, one.name)):
        if _ROOT.search(each.read_bytes()):
            try:
                return etree.XMLSchema(etree.parse(str(each)))
            except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
                said = f"QBXML_XSD_DIR: {each.name} in {folder} cannot be read as a schema: {error}"
                raise LookupError(said) from None
    raise LookupError(f"QBXML_XSD_DIR: no schema in {folder} has an element QBXML")
