"""The Web Connector's SOAP: eight operations, each a few texts in and one answer out.

Our own wording of the service QuickBooks' Web Connector calls; document/literal, SOAP 1.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gatepost.connectors.quickbooks.parsing import NotXml, parsed

NAMESPACE: Final = "http://developer.intuit.com/"
ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
_SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"
_SERVICE: Final = "QBWebConnectorSvc"
_PORT: Final = f"{_SERVICE}Soap"

#: By operation: the names of what it is given, and the type of what it gives.
OPERATIONS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "serverVersion": (("strVersion",), "string"),
    "clientVersion": (("strVersion",), "string"),
    "authenticate": (("strUserName", "strPassword"), "ArrayOfString"),
    "sendRequestXML": (
        ("ticket", "strHCPResponse", "strCompanyFileName", "qbXMLCountry", "qbXMLMajorVers",
         "qbXMLMinorVers"),
        "string",
    ),
    "receiveResponseXML": (("ticket", "response", "hresult", "message"), "int"),
    "connectionError": (("ticket", "hresult", "message"), "string"),
    "getLastError": (("ticket",), "string"),
    "closeConnection": (("ticket",), "string"),
}  # fmt: skip
_NUMBERS: Final = frozenset({"qbXMLMajorVers", "qbXMLMinorVers"})


class NotUnderstood(ValueError):
    """A body that is no call of one of the operations."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation that is asked for. What is given may hold a password: it is in no repr."""

    operation: str
    given: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Call({self.operation})"


def call_of(body: bytes) -> Call:
    """The call in the body of a request.

    Raises:
        NotUnderstood: it is none.

    """
    try:
        envelope = parsed(body)
    except NotXml as error:
        raise NotUnderstood(str(error)) from None
    first: Any = next(iter(envelope.findall(f"{{{ENVELOPE}}}Body/*")), None)
    name = etree.QName(first).localname if first is not None else ""
    if name not in OPERATIONS or etree.QName(first).namespace != NAMESPACE:
        raise NotUnderstood(f"there is no operation {name[:40]!r}")
    wanted = OPERATIONS[name][0]
    return Call(name, {each: first.findtext(f"{{{NAMESPACE}}}{each}") or "" for each in wanted})


def answer_to(operation: str, result: str | int | Sequence[str]) -> bytes:
    """The body of the answer to a call."""
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    response = etree.SubElement(
        body, f"{{{NAMESPACE}}}{operation}Response", nsmap={None: NAMESPACE}
    )
    told = etree.SubElement(response, f"{{{NAMESPACE}}}{operation}Result")
    if isinstance(result, str | int):
        told.text = str(result)
    else:
        for each in result:
            etree.SubElement(told, f"{{{NAMESPACE}}}string").text = each
    return _as_bytes(envelope)


def fault(message: str) -> bytes:
    """The body of the answer to what was not understood."""
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    told = etree.SubElement(
        etree.SubElement(envelope, f"{{{ENVELOPE}}}Body"), f"{{{ENVELOPE}}}Fault"
    )
    etree.SubElement(told, "faultcode").text = "soap:Client"
    etree.SubElement(told, "faultstring").text = message
    return _as_bytes(envelope)


def wsdl(address: str) -> bytes:
    """The description of the service, at ``address``."""
    names = {"wsdl": _WSDL, "soap": _SOAP, "s": _SCHEMA, "tns": NAMESPACE}
    root = etree.Element(f"{{{_WSDL}}}definitions", nsmap=names, targetNamespace=NAMESPACE)
    root.set("name", _SERVICE)
    _write_types(root)
    for name in OPERATIONS:
        for way, element in (("In", name), ("Out", f"{name}Response")):
            message = _below(root, _WSDL, "message", name=f"{name}Soap{way}")
            _below(message, _WSDL, "part", name="parameters", element=f"tns:{element}")
    port = _below(root, _WSDL, "portType", name=_PORT)
    binding = _below(root, _WSDL, "binding", name=_PORT, type=f"tns:{_PORT}")
    transport = "http://schemas.xmlsoap.org/soap/http"
    _below(binding, _SOAP, "binding", transport=transport, style="document")
    for name in OPERATIONS:
        offered = _below(port, _WSDL, "operation", name=name)
        bound = _below(binding, _WSDL, "operation", name=name)
        _below(bound, _SOAP, "operation", soapAction=f"{NAMESPACE}{name}", style="document")
        for way, suffix in (("input", "In"), ("output", "Out")):
            _below(offered, _WSDL, way, message=f"tns:{name}Soap{suffix}")
            _below(_below(bound, _WSDL, way), _SOAP, "body", use="literal")
    service = _below(root, _WSDL, "service", name=_SERVICE)
    offered_at = _below(service, _WSDL, "port", name=_PORT, binding=f"tns:{_PORT}")
    _below(offered_at, _SOAP, "address", location=address)
    return _as_bytes(root)


def _write_types(root: Any) -> None:  # noqa: ANN401 - lxml has no types
    types = _below(root, _WSDL, "types")
    schema = _below(types, _SCHEMA, "schema", elementFormDefault="qualified",
                    targetNamespace=NAMESPACE)  # fmt: skip
    several = _below(schema, _SCHEMA, "complexType", name="ArrayOfString")
    _below(_below(several, _SCHEMA, "sequence"), _SCHEMA, "element", minOccurs="0",
           maxOccurs="unbounded", name="string", nillable="true", type="s:string")  # fmt: skip
    for name, (given, result) in OPERATIONS.items():
        _write_type(schema, name, {each: "int" if each in _NUMBERS else "string" for each in given})
        _write_type(schema, f"{name}Response", {f"{name}Result": result})


def _write_type(schema: Any, name: str, parts: Mapping[str, str]) -> None:  # noqa: ANN401 - as above
    kind = _below(_below(schema, _SCHEMA, "element", name=name), _SCHEMA, "complexType")
    sequence = _below(kind, _SCHEMA, "sequence")
    for part, type_name in parts.items():
        prefix = "tns" if type_name == "ArrayOfString" else "s"
        least = "1" if type_name == "int" else "0"
        _below(sequence, _SCHEMA, "element", minOccurs=least, maxOccurs="1", name=part,
               type=f"{prefix}:{type_name}")  # fmt: skip


def _below(parent: Any, namespace: str, tag: str, /, **attributes: str) -> Any:  # noqa: ANN401 - as above
    return etree.SubElement(parent, f"{{{namespace}}}{tag}", **attributes)


def _as_bytes(root: Any) -> bytes:  # noqa: ANN401 - as above
    document: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document
