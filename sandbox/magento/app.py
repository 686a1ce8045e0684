"""The Magento sandbox: a server that answers as Magento Open Source 2.4.7 does, over a seeded shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import msgspec
from aiohttp import web

from sandbox.magento.call import Call, Server, Settings
from sandbox.magento.controls import Controls
from sandbox.magento.deeds import Deeds
from sandbox.magento.operations import Bulks
from sandbox.magento.projection import BadFieldsError, projector
from sandbox.magento.routes import ROUTES, Route
from sandbox.magento.search import MagentoError, MaskedError, parse_query
from sandbox.magento.steering import Steering
from sandbox.server.api import Api, Ground
from sandbox.server.faults import Dialect
from sandbox.server.verbs import Verbs
from sandbox.shop.days import next_day
from sandbox.shop.shop import Shop
from sandbox.shop.world import SCOPES

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

_PREFIXES = ("/rest/", "/rest/{scope}/", "/index.php/rest/", "/index.php/rest/{scope}/")
_WRONG_SCOPE = "Specified request cannot be processed."
_NO_ROUTE = "Request does not match any route."
_MAINTENANCE = """<!doctype html>
<html xmlns="http://www.w3.org/1999/xhtml" >
<head>
    <title>Error 503: Service Unavailable</title>
</head>
<body>
    <main class="page-main">
<h1>Service Temporarily Unavailable</h1>
<p>
    The server is temporarily unable to service your request due to maintenance downtime or capacity problems.
    Please try again later.
</p>
    </main>
</body>
</html>
"""
_NOT_FOUND = "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head><title>404 Not Found</title></head>\n"


def _page(query: Mapping[str, str]) -> int:
    current = query.get("searchCriteria[currentPage]") or query.get("searchCriteria[current_page]") or "1"
    return int(current) if current.isdigit() else 1


class MagentoApi(Api):
    """A shop behind Magento's API.

    Attributes:
        shop: Its data.
        server: Its settings, its tables and its tokens.
        controls: What people and other systems do in the shop.
    """

    name = "magento"
    dialect = Dialect(page=_page, token_routes=("/integration/admin/token",))

    def __init__(self, ground: Ground) -> None:
        """Build the shop as it was left."""
        super().__init__(ground)
        self.shop, self.deeds = self._first_day(), Deeds(self.journal())
        self.deeds.live(self.shop, ground.state.days)
        self.deeds.watch(self.shop)
        self.server = Server(self.shop, self.clock, Settings())
        self.controls = Controls(self.server)

    def _first_day(self) -> Shop:
        state = self.ground.state
        return Shop(seed=state.seed, products=state.products, orders=state.orders)

    def add_routes(self, app: web.Application) -> None:
        """Add the routes of the API and of this server's own controls."""
        for route in ROUTES:
            for prefix in _PREFIXES:
                path = f"{prefix}{route.before}V1/{route.path}"
                app.router.add_route(route.method, path, _handler(self.server, route))
        Verbs(self.controls.verbs(), self.moments).add_routes(app)
        app.router.add_get("/magento_version", _version)
        Steering(self.server).add_routes(app)
        app.router.add_route("*", "/{tail:.*}", _no_route)

    def dump(self) -> Any:  # noqa: ANN401 - any JSON
        """Return the shop."""
        return self.shop.dump()

    def next_day(self, before: int, days: int) -> Mapping[str, Any]:
        """Let the shop live on."""
        return next_day(self.shop, days)

    def reset(self) -> None:
        """Give the shop a fresh one's contents: the server keeps its reference to it."""
        vars(self.shop).clear()
        vars(self.shop).update(vars(self._first_day()))
        self.deeds.forget()
        self.deeds.watch(self.shop)
        self.server.bulks = Bulks()

    def close(self) -> None:
        """Close the journal of what was done to the shop."""
        self.deeds.close()


def _handler(server: Server, route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        body = b"" if request.method == "GET" else await request.read()
        server.requests += 1
        try:
            return _json(_answer(server, route, request, body), route.status)
        except MagentoError as error:
            return _refusal(error)
        except MaskedError:
            report = f"webapi-{0x6B028D3A00000 + server.requests:x}"
            text = f"Internal Error. Details are available in Magento log file. Report ID: {report}"
            return _json({"message": text}, 500)

    return handle


def _answer(server: Server, route: Route, request: web.Request, body: bytes) -> object:
    """Answer as Magento does, in its order: web server, scope, route, right, arguments, data, projection."""
    settings = server.settings
    path = request.raw_path.partition("?")[0]
    if settings.maintenance:
        raise MagentoError(503, text=_MAINTENANCE, content_type="text/html")
    if settings.refuse_encoded_slash and "%2f" in path.lower():
        raise MagentoError(404, text=_NOT_FOUND, content_type="text/html")
    scope = request.match_info.get("scope", "default")
    if scope not in SCOPES:
        raise MagentoError(400, _WRONG_SCOPE)
    if route.needs_msi and not settings.msi:
        raise MagentoError(404, _NO_ROUTE)
    _authorize(server, route, request, path)
    query = parse_query(request.rel_url.raw_query_string)
    origin = f"{request.scheme}://{request.host}/"
    call = Call(server, scope, _parameters(route, path), query, body, origin)
    return _projected(route.answer(call), query.get("fields"))


def _authorize(server: Server, route: Route, request: web.Request, path: str) -> None:
    """Let a request in, or refuse it in the one way Magento has for bad tokens and missing rights."""
    if route.resource is None:
        return
    header, settings = request.headers.get("Authorization", ""), server.settings
    if header.startswith("OAuth "):
        origin = f"{request.scheme}://{request.host}"
        server.doorman.check_oauth(request.method, origin + path, request.rel_url.raw_query_string, header)
        known = True
    else:
        known = server.doorman.knows_bearer(header, settings.bearer)
    if not known or route.resource in settings.missing_acl:
        text = "The consumer isn't authorized to access %resources."
        raise MagentoError(401, text, {"resources": route.resource})


def _parameters(route: Route, path: str) -> dict[str, str]:
    """Read the path's variables: split first, then decode once; a plus is a space."""
    given = path.partition("/V1/")[2].split("/")
    return {
        part[1:-1]: unquote_plus(value)
        for part, value in zip(route.path.split("/"), given, strict=False)
        if part.startswith("{")
    }


def _projected(answer: object, fields: object) -> object:
    if not isinstance(fields, str) or not fields or not isinstance(answer, (dict, list)):
        return answer
    try:
        project = projector(fields)
    except BadFieldsError:
        return []
    return [project(row) for row in answer] if isinstance(answer, list) else project(answer)


def _json(value: object, status: int = 200) -> web.Response:
    headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return web.Response(status=status, body=msgspec.json.encode(value), headers=headers)


def _refusal(error: MagentoError) -> web.Response:
    if error.text is not None:
        return web.Response(status=error.status, text=error.text, content_type=error.content_type)
    body: dict[str, object] = {"message": error.message}
    if error.errors is not None:
        body["errors"] = error.errors
    if error.parameters:
        body["parameters"] = error.parameters
    return _json(body, error.status)


async def _no_route(request: web.Request) -> web.StreamResponse:
    """Answer a path nobody serves; a trailing slash is forgiven, as in Magento."""
    path = request.raw_path.partition("?")[0]
    if path.endswith("/") and path.strip("/"):
        stripped = request.clone(rel_url=request.rel_url.with_path(path.rstrip("/"), encoded=True, keep_query=True))
        match = await request.app.router.resolve(stripped)
        if match.handler is not _no_route:
            stripped._match_info = match
            match.add_app(request.app)
            return await match.handler(stripped)
    segments = [part for part in path.split("/") if part and part != "index.php"]
    if segments[:1] != ["rest"]:
        return web.Response(status=404, text=_NOT_FOUND, content_type="text/html")
    rooted = segments[1:2] == ["V1"] or (segments[2:3] == ["V1"] and segments[1] in SCOPES)
    return _refusal(MagentoError(404, _NO_ROUTE) if rooted else MagentoError(400, _WRONG_SCOPE))


async def _version(_request: web.Request) -> web.Response:
    return web.Response(text="Magento/2.4 (Community)")
