"""Reads and answers the SOAP call of a warehouse system, and describes it as WSDL.

Element names are those Magento generates from the extension's service contract: an operation's request and response
elements lie in the address' namespace, their children in none; lists hold `item`. SOAP 1.1 and 1.2 are told apart by
the envelope's namespace and answered alike. Neither allows a DTD (SOAP 1.2 part 1, section 5), so a document that
begins one is refused at its first word: without it no entity can be declared and nothing can be expanded or fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from connector.files import wide_encoding
from inventory.errors import MessageRefused

SERVICE = "realtimeDespatchOrderFlowInventoryRequestManagementV1"
OPERATION = f"{SERVICE}Update"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"

_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_LISTS = ("productQtys", "productSeqs")
_DEEPEST = 40


@dataclass(frozen=True)
class Call:
    """A call as it came: the namespace of its envelope, and its arguments as REST would name them."""

    envelope: str
    arguments: dict[str, Any]


@dataclass
class _Element:
    namespace: str
    name: str
    nil: bool = False
    text: list[str] = field(default_factory=list)
    children: list[_Element] = field(default_factory=list)

    def value(self) -> object:
        """Text, or an object of its children; None where it says so itself."""
        if self.nil:
            return None
        if self.children:
            return {child.name: child.value() for child in self.children}
        return "".join(self.text)

    def items(self) -> list[object]:
        """The members of a list."""
        return [child.value() if child.name == "item" else None for child in self.children]


def parse_call(content: bytes) -> Call:
    """The call in a SOAP envelope.

    Raises MessageRefused: not XML, a DTD in it, no envelope of SOAP 1.1 or 1.2, or another operation than the update.
    """
    root = _tree(content)
    if root.name != "Envelope" or root.namespace not in {SOAP_11, SOAP_12}:
        raise MessageRefused("the body is not an envelope of SOAP 1.1 or 1.2", unreadable=True)
    body = next((child for child in root.children if (child.namespace, child.name) == (root.namespace, "Body")), None)
    call = body.children[0] if body is not None and body.children else None
    if call is None or call.name != f"{OPERATION}Request":
        raise MessageRefused(f"the envelope does not call {OPERATION}, the only operation here")
    found = {child.name: child.items() if child.name in _LISTS else child.value() for child in call.children}
    return Call(root.namespace, found)


def answer(envelope: str, sentence: str, address: str) -> bytes:
    """The response of the operation, its result a sentence; `address` is the namespace."""
    result = f"<ns1:{OPERATION}Response><result>{escape(sentence)}</result></ns1:{OPERATION}Response>"
    return _envelope(envelope, f" xmlns:ns1={quoteattr(address)}", result)


def fault(envelope: str, reason: str, *, ours: bool = False) -> bytes:
    """A fault of the sender's, or one of `ours`."""
    said = escape(reason)
    if envelope == SOAP_11:
        code = "Server" if ours else "Client"
        inner = f"<env:Fault><faultcode>env:{code}</faultcode><faultstring>{said}</faultstring></env:Fault>"
    else:
        code = "Receiver" if ours else "Sender"
        inner = (
            f"<env:Fault><env:Code><env:Value>env:{code}</env:Value></env:Code>"
            f'<env:Reason><env:Text xml:lang="en">{said}</env:Text></env:Reason></env:Fault>'
        )
    return _envelope(envelope, "", inner)


def content_type(envelope: str) -> str:
    """Of an answer in this version of SOAP."""
    return "text/xml" if envelope == SOAP_11 else "application/soap+xml"


def wsdl(address: str) -> bytes:
    """The description of the service at `address`, as Magento generates it for the service contract, for both SOAPs."""
    return "".join(_wsdl(quoteattr(address))).encode()


def _envelope(namespace: str, declared: str, inner: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    body = f"<env:Envelope xmlns:env={quoteattr(namespace)}{declared}><env:Body>{inner}</env:Body></env:Envelope>\n"
    return (head + body).encode()


def _tree(content: bytes) -> _Element:
    """The document's root; comments and processing instructions are passed over."""
    if wide := wide_encoding(content):
        raise MessageRefused(f"the body is written in {wide}; send UTF-8", unreadable=True)
    parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
    open_elements = [_Element("", "")]
    too_deep = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal too_deep
        if too_deep or len(open_elements) > _DEEPEST:
            too_deep += 1  # what lies deeper is lost, and with it what its row says there
            return
        namespace, _, local = name.rpartition(" ")
        element = _Element(namespace, local, attributes.get(f"{_INSTANCE} nil") in {"true", "1"})
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_name: str) -> None:
        nonlocal too_deep
        if too_deep:
            too_deep -= 1
        else:
            open_elements.pop()

    def text(data: str) -> None:
        if not too_deep:
            open_elements[-1].text.append(data)

    def refuse(*_given: object) -> NoReturn:
        raise MessageRefused("the body holds a DTD, which SOAP forbids; leave it out", unreadable=True)

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = refuse, refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset}: {expat.ErrorString(error.code)}"
        raise MessageRefused(f"the body is not well-formed XML ({place})", unreadable=True) from None
    return open_elements[0].children[0]


def _wsdl(address: str) -> Iterator[str]:
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:soap11="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" '
        f'xmlns:tns={address} name="MagentoWSDL" targetNamespace={address}><types>'
        f"<xsd:schema targetNamespace={address}>"
    )
    for name in ("Request", "Response"):
        yield f'<xsd:element name="{OPERATION}{name}" type="tns:{OPERATION[0].upper()}{OPERATION[1:]}{name}"/>'
    for name, fields in _TYPES.items():
        yield f'<xsd:complexType name="{name}"><xsd:sequence>'
        yield from (f'<xsd:element name="{key}" {rest}/>' for key, rest in fields.items())
        yield "</xsd:sequence></xsd:complexType>"
    yield "</xsd:schema></types>"
    for name in ("Request", "Response"):
        part = f'<part name="messageParameters" element="tns:{OPERATION}{name}"/>'
        yield f'<message name="{OPERATION}{name}">{part}</message>'
    messages = f'<input message="tns:{OPERATION}Request"/><output message="tns:{OPERATION}Response"/>'
    yield f'<portType name="{SERVICE}PortType"><operation name="{OPERATION}">{messages}</operation></portType>'
    ports = []
    for soap, suffix in (("soap12", ""), ("soap11", "Soap11")):
        use = f'<{soap}:body use="literal"/>'
        yield (
            f'<binding name="{SERVICE}Binding{suffix}" type="tns:{SERVICE}PortType">'
            f'<{soap}:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
            f'<operation name="{OPERATION}"><{soap}:operation soapAction="{OPERATION}"/>'
            f"<input>{use}</input><output>{use}</output></operation></binding>"
        )
        ports.append(
            f'<port name="{SERVICE}Port{suffix}" binding="tns:{SERVICE}Binding{suffix}">'
            f"<{soap}:address location={address}/></port>"
        )
    yield f'<service name="{SERVICE}Service">{"".join(ports)}</service></definitions>\n'


_TEXT, _OPTIONAL, _MANY = 'type="xsd:string"', 'type="xsd:string" minOccurs="0"', 'minOccurs="0" maxOccurs="unbounded"'
_DATA = "RealtimeDespatchOrderFlowData"
_TYPES = {
    f"{OPERATION[0].upper()}{OPERATION[1:]}Request": {
        "productQtys": f'type="tns:ArrayOf{_DATA}QuantityItemInterface"',
        "productSeqs": f'type="tns:ArrayOf{_DATA}SequenceItemInterface"',
        "messageSeqId": 'type="xsd:int"',
    },
    f"{OPERATION[0].upper()}{OPERATION[1:]}Response": {"result": 'type="xsd:anyType"'},
    f"ArrayOf{_DATA}QuantityItemInterface": {"item": f'type="tns:{_DATA}QuantityItemInterface" {_MANY}'},
    f"ArrayOf{_DATA}SequenceItemInterface": {"item": f'type="tns:{_DATA}SequenceItemInterface" {_MANY}'},
    f"{_DATA}QuantityItemInterface": {"sku": _TEXT, "qty": _TEXT, "source": _OPTIONAL},
    f"{_DATA}SequenceItemInterface": {"sku": _TEXT, "seq": _TEXT, "lastOrderExported": _TEXT},
}
