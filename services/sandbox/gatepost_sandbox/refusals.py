"""What the ERP will not do, each with the code and the sentence it answers with."""


class Refused(Exception):
    """The ERP did not take the request, and nothing was written."""

    status = 422
    code = "refused"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotReadable(Refused):
    """The body is no JSON object, or its lines are no list of lines."""

    status = 400
    code = "not_readable"


class RecordNotFound(Refused):
    """There is no such record."""

    status = 404
    code = "record_not_found"


class UnknownKind(Refused):
    """The ERP keeps no records of that kind."""

    status = 404
    code = "unknown_kind"


class ParentNotFound(Refused):
    """The record it should hang under is not in the books."""

    code = "parent_not_found"


class VendorNotFound(Refused):
    """The vendor is not on the vendor list."""

    code = "vendor_not_found"


class CustomerNotFound(Refused):
    """The customer is not on the customer list."""

    code = "customer_not_found"


class TooLong(Refused):
    """A field is longer than its column."""

    code = "too_long"


class DuplicateNumber(Refused):
    """Another record of that kind has the number."""

    status = 409
    code = "duplicate_number"
