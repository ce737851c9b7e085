"""The qbXML 13.0 requests Gatepost sends, in the words of the schema. Lengths are the schema's."""

from dataclasses import dataclass

from gatepost.connectors.quickbooks.elements import AMOUNT, DATE, DECIMAL, Element, like, many, text

VERSION = "13.0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ref(Element):
    """Another record, by its id or its name."""

    ListID: str | None = text(36)
    FullName: str | None = text(209)


@dataclass(frozen=True, kw_only=True, slots=True)
class Address(Element):
    """Where a job is."""

    Addr1: str | None = text(41)
    Addr2: str | None = text(41)
    Addr3: str | None = text(41)
    Addr4: str | None = text(41)
    Addr5: str | None = text(41)
    City: str | None = text(31)
    State: str | None = text(21)
    PostalCode: str | None = text(13)
    Country: str | None = text(31)


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerAdd(Element):
    """A new customer; one with a parent is a job."""

    Name: str | None = text(41)
    ParentRef: Ref | None = None
    BillAddress: Address | None = None
    AccountNumber: str | None = text(99)
    JobStartDate: str | None = like(DATE)
    ExternalGUID: str | None = text(38)


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerMod(Element):
    """A change of a customer or job; a parent that is not named stays."""

    ListID: str | None = text(36)
    EditSequence: str | None = text(16)
    Name: str | None = text(41)
    ParentRef: Ref | None = None
    BillAddress: Address | None = None
    AccountNumber: str | None = text(99)
    JobStartDate: str | None = like(DATE)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOrderLine(Element):
    """A line of a new purchase order."""

    ItemRef: Ref | None = None
    Desc: str | None = text(4095)
    Quantity: str | None = like(DECIMAL)
    Amount: str | None = like(AMOUNT)
    CustomerRef: Ref | None = None
    ServiceDate: str | None = like(DATE)
    Other1: str | None = text(25)
    Other2: str | None = text(29)


@dataclass(frozen=True, kw_only=True, slots=True)
class PurchaseOrderAdd(Element):
    """A new purchase order."""

    VendorRef: Ref | None = None
    TxnDate: str | None = like(DATE)
    RefNumber: str | None = text(11)
    Memo: str | None = text(4095)
    ExternalGUID: str | None = text(38)
    PurchaseOrderLineAdd: tuple[NewOrderLine, ...] = many()


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderLine(Element):
    """A line as it is to be; one with its id alone stays as it is, ``-1`` is a new one."""

    TxnLineID: str | None = text(36)
    ItemRef: Ref | None = None
    Desc: str | None = text(4095)
    Quantity: str | None = like(DECIMAL)
    Amount: str | None = like(AMOUNT)
    CustomerRef: Ref | None = None
    ServiceDate: str | None = like(DATE)
    Other1: str | None = text(25)
    Other2: str | None = text(29)


@dataclass(frozen=True, kw_only=True, slots=True)
class PurchaseOrderMod(Element):
    """A change of a purchase order. A line that is not listed is deleted."""

    TxnID: str | None = text(36)
    EditSequence: str | None = text(16)
    VendorRef: Ref | None = None
    RefNumber: str | None = text(11)
    Memo: str | None = text(4095)
    PurchaseOrderLineMod: tuple[OrderLine, ...] = many()


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedLine(Element):
    """A line of another transaction that this one bills."""

    TxnID: str | None = text(36)
    TxnLineID: str | None = text(36)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpenseLine(Element):
    """An amount on an account."""

    AccountRef: Ref | None = None
    Amount: str | None = like(AMOUNT)
    Memo: str | None = text(4095)
    CustomerRef: Ref | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemLine(Element):
    """A line of a bill; one that is linked takes its item from the purchase order."""

    Amount: str | None = like(AMOUNT)
    LinkToTxn: LinkedLine | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BillAdd(Element):
    """A new bill."""

    VendorRef: Ref | None = None
    TxnDate: str | None = like(DATE)
    RefNumber: str | None = text(20)
    Memo: str | None = text(4095)
    ExternalGUID: str | None = text(38)
    ExpenseLineAdd: tuple[ExpenseLine, ...] = many()
    ItemLineAdd: tuple[ItemLine, ...] = many()


# --- questions -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class NamesWith(Element):
    """Names with these words in them."""

    MatchCriterion: str = "Contains"
    Name: str | None = text(209)


@dataclass(frozen=True, kw_only=True, slots=True)
class NumbersWith(Element):
    """Numbers with these characters in them."""

    MatchCriterion: str = "Contains"
    RefNumber: str | None = text(20)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListQuery(Element):
    """Customers or vendors: by id, by name, or all of them in pages."""

    ListID: str | None = None
    FullName: str | None = None
    MaxReturned: str | None = None
    ActiveStatus: str | None = None
    NameFilter: NamesWith | None = None
    IncludeRetElement: tuple[str, ...] = many()


@dataclass(frozen=True, kw_only=True, slots=True)
class TxnQuery(Element):
    """Purchase orders or bills: by id, by number, or all of them in pages."""

    TxnID: str | None = None
    RefNumber: str | None = None
    MaxReturned: str | None = None
    RefNumberFilter: NumbersWith | None = None
    IncludeLineItems: str | None = None
    IncludeLinkedTxns: str | None = None
    IncludeRetElement: tuple[str, ...] = many()


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyQuery(Element):
    """Whose books these are."""
