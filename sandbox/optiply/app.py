"""The Optiply sandbox server: API v1 with its envelopes, limits and errors, over an `OptiplyStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from sandbox.optiply.auth import AuthError, Tokens
from sandbox.optiply.buying import Buying
from sandbox.optiply.documents import document, related
from sandbox.optiply.errors import ApiError
from sandbox.optiply.query import Lists, Query, page_links, parse
from sandbox.optiply.resources import RESOURCES
from sandbox.optiply.store import OptiplyStore, Settings
from sandbox.optiply.writes import create, delete, update
from sandbox.server.api import Api, Ground
from sandbox.server.faults import Dialect
from sandbox.server.requestlog import note_sent
from sandbox.server.verbs import Verbs

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

CONTENT_TYPE = "application/vnd.api+json"
API_PREFIX = "/v1"


def _error(status: int, text: str) -> object:
    if status == 401:
        return {"error": "invalid_token", "error_description": text}
    return {"errors": [{"status": str(status), "title": "FAULT", "detail": text, "meta": {"message": text}}]}


def _page(query: Mapping[str, str]) -> int:
    offset, limit = query.get("page[offset]", "0"), query.get("page[limit]", "50")
    return int(offset) // int(limit) + 1 if offset.isdigit() and limit.isdigit() and int(limit) > 0 else 1


class OptiplyApi(Api):
    """An account behind `/v1/...` and `/api/auth/oauth/token` (also without the leading `/api`).

    Attributes:
        store: Its data and its settings.
        tokens: What lets a client in, for tests that let them expire.
        buying: What people do in the web app.
    """

    name = "optiply"
    dialect = Dialect(error=_error, page=_page, token_routes=("/oauth/token",))

    def __init__(self, ground: Ground, settings: Settings | None = None) -> None:
        """Open the account as it was left; `settings` say how it behaves."""
        super().__init__(ground)
        self.store = OptiplyStore(self.clock, self.journal(), settings)
        self.tokens = Tokens(self.clock, self.store.settings)
        self.buying = Buying(self.store)

    def gates(self) -> Sequence[Middleware]:
        """Return the check of token, content type and account."""
        return (_Gate(self.store, self.tokens).middleware,)

    def add_routes(self, app: web.Application) -> None:
        """Add the token endpoint and each resource."""
        app.router.add_post("/api/auth/oauth/token", self.tokens.endpoint)
        app.router.add_post("/auth/oauth/token", self.tokens.endpoint)
        Verbs(self.buying.verbs(), self.moments).add_routes(app)
        lists = Lists()
        for type_, resource in RESOURCES.items():
            handlers = _Handlers(self.store, lists, type_)
            path, one = f"{API_PREFIX}/{type_}", f"{API_PREFIX}/{type_}/{{id}}"
            app.router.add_get(path, handlers.list, allow_head=False)
            app.router.add_get(one, handlers.get, allow_head=False)
            app.router.add_get(one + "/{relationship}", handlers.related, allow_head=False)
            if resource.writable:
                app.router.add_post(path, handlers.post)
                app.router.add_patch(one, handlers.patch)
                app.router.add_delete(one, handlers.delete)

    def addresses(self, origin: str) -> dict[str, str]:
        """Return the API's address with `/v1`, and the one before `/auth/oauth/token`."""
        return {"optiply_url": origin + API_PREFIX, "auth_url": origin + "/api"}

    def dump(self) -> Any:  # noqa: ANN401 - any JSON
        """Return all objects."""
        return self.store.dump()

    def reset(self) -> None:
        """Delete every object."""
        self.store.reset()

    def close(self) -> None:
        """Close the journal."""
        self.store.close()


def _answer(body: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type=CONTENT_TYPE)


class _Gate:
    """What every API request passes: token, content type, account; and every error is worded as the API does."""

    def __init__(self, store: OptiplyStore, tokens: Tokens) -> None:
        self.store = store
        self.tokens = tokens

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check an API request and word its errors; token and control requests pass untouched."""
        if not request.path.startswith(API_PREFIX + "/"):
            return await handler(request)
        try:
            self.tokens.check(request)
            self._check_content_type(request)
            self._check_account(request)
            return await handler(request)
        except AuthError as error:
            return error.answer()
        except ApiError as error:
            return _answer(error.document(), error.status)
        except web.HTTPException as error:
            return _answer(ApiError(error.status, error.reason).document(), error.status)

    def _check_content_type(self, request: web.Request) -> None:
        if self.store.settings.strict and request.content_type != CONTENT_TYPE:
            raise ApiError(415, f"Content-Type must be {CONTENT_TYPE}")

    def _check_account(self, request: web.Request) -> None:
        account = request.query.get("accountId")
        if account is None:
            if request.method == "POST":
                raise ApiError(400, "Required parameter 'accountId' is not present")
        elif account != str(self.store.settings.account_id):
            raise ApiError(403, f"No access to account {account}")


class _Handlers:
    """The requests to one resource."""

    def __init__(self, store: OptiplyStore, lists: Lists, type_: str) -> None:
        self.store = store
        self.lists = lists
        self.type = type_

    async def list(self, request: web.Request) -> web.Response:
        query = parse(request.query.items(), RESOURCES[self.type])
        total, page = self.lists.page(self.store.tables[self.type], query)
        base = _base(request)
        return _page_of(request, query, [document(self.store, self.type, stored, base) for stored in page], total)

    async def get(self, request: web.Request) -> web.Response:
        stored = self.store.get(self.type, request.match_info["id"])
        return _answer({"data": document(self.store, self.type, stored, _base(request))})

    async def related(self, request: web.Request) -> web.Response:
        stored = self.store.get(self.type, request.match_info["id"])
        found = related(self.store, self.type, stored, request.match_info["relationship"], _base(request))
        children = found["data"]
        if not isinstance(children, list):
            return _answer(found)
        asked = [(name, text) for name, text in request.query.items() if name.startswith("page")]
        query = parse(asked, RESOURCES[self.type])
        return _page_of(request, query, children[query.offset : query.offset + query.limit], len(children))

    async def post(self, request: web.Request) -> web.Response:
        attributes = await self._attributes(request)
        stored = create(self.store, self.type, attributes, request.query.get("couplingId"))
        return _answer({"data": document(self.store, self.type, stored, _base(request))}, status=201)

    async def patch(self, request: web.Request) -> web.Response:
        id_ = request.match_info["id"]
        attributes = await self._attributes(request, id_)
        stored = update(self.store, self.type, id_, attributes, request.query.get("couplingId"))
        return _answer({"data": document(self.store, self.type, stored, _base(request))})

    async def delete(self, request: web.Request) -> web.Response:
        delete(self.store, self.type, request.match_info["id"])
        return web.Response(status=204)

    async def _attributes(self, request: web.Request, id_: str | None = None) -> dict[str, Any]:
        """Return the attributes of a JSON:API body, which also go into the request log."""
        try:
            body = msgspec.json.decode(await request.read())
        except msgspec.DecodeError as error:
            raise ApiError(400, "The body is not readable as JSON") from error
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("attributes"), dict):
            raise ApiError(400, "The body must hold data with type and attributes")
        if data.get("type") != self.type:
            raise ApiError(400, f"The type must be {self.type}, not {data.get('type')}")
        if data.get("id") is not None and str(data["id"]) != id_:
            raise ApiError(400, "The id in the body does not belong here")
        attributes: dict[str, Any] = data["attributes"]
        note_sent(attributes)
        return attributes


def _page_of(request: web.Request, query: Query, data: Sequence[Any], total: int) -> web.Response:
    """Answer with one page of a list and the links to the others."""

    def url(page_parameters: Mapping[str, str]) -> str:
        return str(request.url.update_query(page_parameters))

    return _answer({"data": data, "links": page_links(url, query, total), "meta": {"totalResourceCount": total}})


def _base(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}{API_PREFIX}"
