"""Messages of stock as OrderFlow sends them to its extension: the JSON body of REST and the envelope of SOAP."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

import msgspec

from sandbox.wms.warehouse import Record

SERVICE = "realtimeDespatchOrderFlowInventoryRequestManagementV1"
REST_PATH = "/rest/V1/orderflow/inventory/"
SOAP_PATH = f"/soap/default?services={SERVICE}"
ENVELOPES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}


@dataclass(frozen=True)
class Line:
    """One quantity of a message, as text; without a source the extension takes `default`."""

    sku: str
    quantity: str
    source: str | None = None


@dataclass(frozen=True)
class Turn:
    """The sequence of one SKU in a message, and the time of the last order that its quantities count."""

    sku: str
    sequence: int
    last_order_exported: str | None = None


@dataclass
class Message:
    """What one call carries."""

    number: int
    lines: list[Line] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def rest(self) -> bytes:
        """Return the body for REST."""
        quantities = [_present({"sku": line.sku, "qty": line.quantity, "source": line.source}) for line in self.lines]
        turns = [
            _present({"sku": turn.sku, "seq": str(turn.sequence), "last_order_exported": turn.last_order_exported})
            for turn in self.turns
        ]
        return msgspec.json.encode({"productQtys": quantities, "productSeqs": turns, "messageSeqId": self.number})

    def soap(self, address: str, version: str = "1.2") -> bytes:
        """Return the envelope of SOAP 1.1 or 1.2; `address` is the service's, which names its elements."""
        lines = "".join(_item(sku=line.sku, qty=line.quantity, source=line.source) for line in self.lines)
        turns = "".join(
            _item(sku=turn.sku, seq=str(turn.sequence), lastOrderExported=turn.last_order_exported)
            for turn in self.turns
        )
        call = f"ns1:{SERVICE}UpdateRequest"
        inner = (
            f"<{call}><productQtys>{lines}</productQtys><productSeqs>{turns}</productSeqs>"
            f"<messageSeqId>{self.number}</messageSeqId></{call}>"
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<env:Envelope xmlns:env={quoteattr(ENVELOPES[version])} xmlns:ns1={quoteattr(address)}>"
            f"<env:Body>{inner}</env:Body></env:Envelope>"
        ).encode()


def _present(row: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in row.items() if value is not None}


def _item(**values: str | None) -> str:
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items() if value is not None)
    return f"<item>{inner}</item>"


def written(quantity: float) -> str:
    """Write a quantity as the warehouse does: without a point where it is whole."""
    return str(int(quantity)) if float(quantity).is_integer() else str(quantity)


def message(number: int, records: Iterable[Record]) -> Message:
    """Put records into one message: a line per source, one sequence per SKU."""
    made = Message(number)
    for record in records:
        made.lines += [Line(record.sku, written(qty), source) for source, qty in record.quantities.items()]
        made.turns.append(Turn(record.sku, record.number, record.last_order_exported))
    return made


def chunks(records: Sequence[Record], size: int) -> Iterator[Sequence[Record]]:
    """Cut records into pieces of at most `size` products."""
    for start in range(0, len(records), size):
        yield records[start : start + size]
