"""The emulated extension behind HTTP: OrderFlow's REST route and its SOAP service, in a shop of its own."""

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import msgspec
from aiohttp import web

from sandbox.magento.call import Server
from sandbox.magento.call import Settings as ShopSettings
from sandbox.server.api import Api, Ground
from sandbox.server.control import json_answer
from sandbox.server.verbs import Verbs
from sandbox.shop.shop import Shop
from sandbox.wms.extension import Extension
from sandbox.wms.extension_settings import Settings
from sandbox.wms.extension_tables import RefusedError
from sandbox.wms.messages import ENVELOPES, REST_PATH, SERVICE

_LISTS = ("productQtys", "productSeqs")
_FAULTS = {
    "1.1": "<env:Fault><faultcode>env:Server</faultcode><faultstring>{reason}</faultstring></env:Fault>",
    "1.2": (
        "<env:Fault><env:Code><env:Value>env:Receiver</env:Value></env:Code>"
        '<env:Reason><env:Text xml:lang="en">{reason}</env:Text></env:Reason></env:Fault>'
    ),
}


class OrderFlowApi(Api):
    """The extension in a shop; add it to `Servers` under a name, alone or beside the shop's own API.

    Attributes:
        extension: Its tables, its settings and its defects.
    """

    name = "orderflow"

    def __init__(self, ground: Ground, settings: Settings | None = None, server: Server | None = None) -> None:
        """Install it in the shop behind `server`, or in one made from the ground's seed."""
        super().__init__(ground)
        if server is None:
            state = ground.state
            shop = Shop(seed=state.seed, products=state.products, orders=state.orders)
            server = Server(shop, ground.clock, ShopSettings())
        self.extension = Extension(server, settings)

    def add_routes(self, app: web.Application) -> None:
        """Add the routes of the extension, and `process` and `clean` as verbs."""
        for path in {REST_PATH, REST_PATH.rstrip("/"), "/rest/{scope}/V1/orderflow/inventory"}:
            app.router.add_post(path, self._rest)
        app.router.add_post("/soap/default", self._soap)
        Verbs({"process": self.extension.process, "clean": self.extension.clean}, self.moments).add_routes(app)

    def close(self) -> None:
        """Close the tables."""
        self.extension.db.close()

    def _check(self, request: web.Request) -> None:
        settings = self.extension.settings
        if not settings.has("anonymous") and request.headers.get("Authorization") != f"Bearer {settings.token}":
            raise RefusedError(401, "The consumer isn't authorized to access %resources.")

    async def _rest(self, request: web.Request) -> web.Response:
        """Answer with the bare sentence as JSON, or with Magento's error."""
        try:
            self._check(request)
            arguments = msgspec.json.decode(await request.read())
            if not isinstance(arguments, dict):
                raise RefusedError(400, '"%fieldName" is required. Enter and try again.')
            return json_answer(self.extension.receive(arguments))
        except msgspec.DecodeError:
            return json_answer({"message": "Decoding error."}, status=400)
        except RefusedError as error:
            return json_answer({"message": str(error)}, status=error.status)

    async def _soap(self, request: web.Request) -> web.Response:
        """Answer in the version of SOAP that was asked in; errors are faults with status 500, as Magento's are."""
        body = await request.read()
        version = "1.1" if ENVELOPES["1.1"].encode() in body else "1.2"
        address = f"{request.scheme}://{request.host}{request.path_qs}"
        try:
            self._check(request)
            sentence = self.extension.receive(_arguments(body))
        except (RefusedError, ElementTree.ParseError) as error:
            return _envelope(version, address, _FAULTS[version].format(reason=escape(str(error))), 500)
        result = f"<ns1:{SERVICE}UpdateResponse><result>{escape(sentence)}</result></ns1:{SERVICE}UpdateResponse>"
        return _envelope(version, address, result)


def _envelope(version: str, address: str, inner: str, status: int = 200) -> web.Response:
    names = f"xmlns:env={quoteattr(ENVELOPES[version])} xmlns:ns1={quoteattr(address)}"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope {names}><env:Body>{inner}</env:Body></env:Envelope>'
    kind = "text/xml" if version == "1.1" else "application/soap+xml"
    return web.Response(status=status, text=text, content_type=kind)


def _arguments(body: bytes) -> dict[str, Any]:
    """Read the call's arguments as REST names them."""
    root = ElementTree.fromstring(body)  # nosec B314  # a sandbox, asked from this machine
    call = next((element for element in root.iter() if element.tag.endswith(f"{SERVICE}UpdateRequest")), None)
    if call is None:
        raise RefusedError(500, "Procedure not present")
    return {_name(child): _items(child) if _name(child) in _LISTS else (child.text or "") for child in call}


def _items(element: ElementTree.Element) -> list[dict[str, str]]:
    items: Sequence[ElementTree.Element] = list(element)
    return [{_name(child): child.text or "" for child in item} for item in items]


def _name(element: ElementTree.Element) -> str:
    return re.sub(r"\{.*\}", "", element.tag)
