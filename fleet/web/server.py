"""The fleet's page over HTTP: its addresses, what each asks of the database, and what a person can have done there.

Pages are made in threads, over connections that can only read; what a person asks for is done in a transaction of its
own. Nothing of a request reaches the log but its kind and the answer's status.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psycopg
from aiohttp import web
from psycopg_pool import ConnectionPool

from fleet import engine, tenants
from fleet.database import Connection, connected
from fleet.errors import FleetError
from fleet.metrics import CONTENT_TYPE, Metrics
from fleet.vault import Vault
from fleet.web import look
from fleet.web.answers import Answers, html
from fleet.web.guard import COOKIE, Guard, own_place
from fleet.web.html import STATIC, page
from fleet.web.overview import overview
from fleet.web.reading import reading_pool
from fleet.web.tenant import ACTIONS, RUNS, run_page, tenant_page, why_page
from fleet.web.why import explained
from store.place import Place

MOST_BYTES = 16_384
BODY_SECONDS = 10.0
EXPLANATIONS = 2
"""At a time: each of them is a program."""
ACTIONS_AT_ONCE = 4
ACTION_SECONDS = 5.0
"""How long an action waits for whatever else has the tenant in hand, and may take in each of its steps."""
NAME = "{name:[a-z][a-z0-9_]{0,37}}"
NUMBER = "{number:[0-9]{1,15}}"
T = TypeVar("T")


def application(url: str, guard: Guard) -> web.Application:
    """The page of the fleet whose database is at `url`, as an aiohttp application."""
    site = _Site(url, guard)
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[Answers(guard).answer])
    app.cleanup_ctx.append(site.pool_open)
    add = app.router.add_get
    add("/", site.overview, name="overview")
    add(f"/tenants/{NAME}", site.tenant, name="tenant")
    add(f"/tenants/{NAME}/runs/{NUMBER}", site.run, name="run")
    add(f"/tenants/{NAME}/why", site.why, name="why")
    add(f"/static/{{name:{'|'.join(map(re.escape, STATIC))}}}", site.static, name="static")
    add("/healthz", site.healthz, name="healthz")
    add("/metrics", site.metrics, name="metrics")
    login = app.router.add_resource("/login", name="login")
    login.add_route("GET", site.login)
    login.add_route("POST", site.sign_in)
    app.router.add_post("/logout", site.sign_out, name="logout")
    app.router.add_post(f"/tenants/{NAME}/{{action:{'|'.join(ACTIONS)}}}", site.act, name="action")
    return app


class _Site:
    def __init__(self, url: str, guard: Guard) -> None:
        self._url = url
        self._guard = guard
        self._pool: ConnectionPool[Connection] = reading_pool(url)
        self._metrics = Metrics()
        self._explaining = asyncio.Semaphore(EXPLANATIONS)
        self._acting = ThreadPoolExecutor(ACTIONS_AT_ONCE, "action")  # one that waits keeps no page waiting

    async def pool_open(self, _app: web.Application) -> AsyncIterator[None]:
        await asyncio.to_thread(self._pool.open)
        yield
        await asyncio.to_thread(self._pool.close)
        await asyncio.to_thread(self._acting.shutdown, cancel_futures=True)

    async def overview(self, request: web.Request) -> web.Response:
        query, has_login = dict(request.query), self._guard.token is not None

        def made(db: Connection) -> str:
            alive, now = engine.workers_alive(db), look.moment(db)
            return overview(query, look.tenants(db), look.hours(db), alive, now, has_login=has_login)

        return html(await self._read(made), request)

    async def tenant(self, request: web.Request) -> web.Response:
        name, done, before = request.match_info["name"], request.query.get("done", ""), request.query.get("before", "")
        if before and not (before.isascii() and before.isdigit() and len(before) < 16):
            raise web.HTTPBadRequest(reason="The run to look back from is no number")
        older = int(before) if before else None

        def made(db: Connection) -> str:
            found, runs = _tenant(db, name), look.runs(db, name, RUNS + 1, older)
            return tenant_page(found, runs, look.moment(db), done=done, is_older=older is not None)

        return html(await self._read(made), request)

    async def run(self, request: web.Request) -> web.Response:
        name, number = request.match_info["name"], int(request.match_info["number"])

        def made(db: Connection) -> str:
            run = look.run(db, _tenant(db, name).name, number)
            if run is None:
                raise web.HTTPNotFound(reason=f"{name} has no run {number} (any more)")
            return run_page(db, run)

        return html(await self._read(made), request)

    async def why(self, request: web.Request) -> web.Response:
        name, asked = request.match_info["name"], request.query.get("asked", "").strip()
        if not (asked and len(asked) <= 200 and asked.isprintable()):
            raise web.HTTPBadRequest(reason="Ask for a SKU, an id or an order's number")
        files = await self._read(lambda db: tenants.files_of(db, Vault.of_environment(), _tenant(db, name).name))
        place = Place.of(Path("snapshots"), tenants.store_url(self._url, name))
        async with self._explaining:
            told = await explained(files, place, asked, order="order" in request.query)
        return html(why_page(name, asked, told), request)

    async def act(self, request: web.Request) -> web.Response:
        name, action = request.match_info["name"], request.match_info["action"]
        await asyncio.get_running_loop().run_in_executor(self._acting, self._do, name, action)
        return see(f"/tenants/{name}?done={action}")

    def _do(self, name: str, action: str) -> None:
        with connected(self._url) as db, _soon(db, name):
            _tenant(db, name)
            if action == "pause":
                tenants.pause(db, name)
            elif action == "resume":
                tenants.resume(db, name)
            else:
                options = {"full": True} if action == "full" else {}
                engine.enqueue(db, name, options)

    async def login(self, request: web.Request) -> web.Response:
        return html(page("login.html", next=own_place(request.query.get("next", "/")), refused=False), request)

    async def sign_in(self, request: web.Request) -> web.Response:
        form = await asyncio.wait_for(request.post(), BODY_SECONDS)
        place = own_place(str(form.get("next", "/")))
        if not self._guard.is_token(str(form.get("token", ""))):
            refusal = html(page("login.html", next=place, refused=True), request)
            refusal.set_status(403)
            return refusal
        response = see(place)
        self._guard.open_session(request, response)
        return response

    async def sign_out(self, _request: web.Request) -> web.Response:
        response = see("/login")
        response.del_cookie(COOKIE)
        return response

    async def static(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC[request.match_info["name"]])

    async def healthz(self, _request: web.Request) -> web.Response:
        """200 where the database answers, a worker is alive and what is due is looked for, else 503."""
        alive, ticking = await self._read(lambda db: (engine.workers_alive(db), engine.is_ticking(db)))
        told = {"database": True, "workers": alive, "ticking": ticking}
        return web.json_response(told, status=200 if alive and ticking else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        body = await self._read(self._metrics.page)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def _read(self, question: Callable[[Connection], T]) -> T:
        def asked() -> T:
            with self._pool.connection() as db:
                return question(db)

        return await asyncio.to_thread(asked)


def see(place: str) -> web.Response:
    """Sends a browser on to another address of the page."""
    return web.Response(status=303, headers={"Location": place})


@contextmanager
def _soon(db: Connection, name: str) -> Iterator[None]:
    """What the block asks of the database is done soon, or not at all: FleetError says why."""
    for limit in ("lock_timeout", "statement_timeout"):
        db.execute("SELECT set_config(%s, %s, true)", (limit, f"{ACTION_SECONDS:g}s"))
    try:
        yield
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        raise FleetError(
            f"Another command has {name} in hand just now (set, remove or rotate); nothing was done, try again."
        ) from error


def _tenant(db: Connection, name: str) -> look.Tenant:
    """Raises HTTPNotFound with the nearest name."""
    found = look.tenants(db, name)
    if not found:
        try:
            tenants.tenant(db, name)
        except FleetError as error:
            raise web.HTTPNotFound(reason=str(error)) from error
    return found[0]
