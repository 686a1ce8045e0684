"""The server of the made-up system: articles that can be read and written, on the sandbox's own base."""

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from sandbox.server.api import Api, Ground
from sandbox.server.control import json_answer
from sandbox.server.requestlog import note_sent


class Depot(Api):
    """Articles at `/articles` and labels at `/labels`; the moments are the sandbox's."""

    name = "depot"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.articles: dict[int, dict[str, Any]] = {}
        self.labels: dict[int, dict[str, Any]] = {}
        self.broken: set[int] = set()
        for number in range(1, ground.state.products + 1):
            self.put_article(number, title=f"Thing {number}", price=1.25 * number, stock=number % 7)

    def put_article(self, number: int, **values: Any) -> None:
        """Add an article or change one."""
        stamp = self.clock.now().strftime("%Y-%m-%d %H:%M:%S")
        self.articles[number] = {"id": number, **self.articles.get(number, {}), **values, "changed": stamp}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/articles", self.list_articles)
        app.router.add_get("/labels", self.list_labels)
        app.router.add_post("/labels", self.create)
        app.router.add_patch("/labels/{id}", self.update)
        app.router.add_delete("/labels/{id}", self.delete)

    def dump(self) -> Any:
        return {"articles": list(self.articles.values()), "labels": list(self.labels.values())}

    def next_day(self, before: int, days: int) -> Mapping[str, Any]:
        """One article changes, one goes, one is new."""
        for day in range(before + 1, before + days + 1):
            self.put_article(1, price=100.0 + day)
            self.articles.pop(day + 1, None)
            self.put_article(1000 + day, title=f"Novelty {day}", price=9.5, stock=3)
        return {"depot": before + days}

    async def list_articles(self, request: web.Request) -> web.Response:
        """`?above=3&max=9&ids=4,5&since=..&until=..&sort=-id&limit=20`: rows by id, and how many fit."""
        query = request.query
        rows = [
            row
            for number, row in sorted(self.articles.items(), reverse=query.get("sort") == "-id")
            if int(query.get("above", 0)) < number <= int(query.get("max", 10**13))
            and query.get("since", "") <= row["changed"] <= query.get("until", "9")
            and str(number) in query.get("ids", str(number)).split(",")
        ]
        limit = int(query.get("limit", 20))
        if self.broken & {row["id"] for row in rows[:limit]}:
            return json_answer({"message": "an article cannot be shown"}, status=500)
        return json_answer({"rows": rows[:limit], "count": len(rows)})

    async def list_labels(self, request: web.Request) -> web.Response:
        """`?name=..&since=..`: all labels, or those of a name or made since."""
        query = request.query
        rows = [
            row
            for row in self.labels.values()
            if query.get("name", row["name"]) == row["name"] and query.get("since", "") <= row["made"]
        ]
        return json_answer(rows)

    async def create(self, request: web.Request) -> web.Response:
        values = await _values(request)
        number = len(self.labels) + 501
        self.labels[number] = {"id": number, **values, "made": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")}
        return json_answer(self.labels[number], status=201)

    async def update(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        if number not in self.labels:
            return json_answer({"message": "no such label"}, status=404)
        self.labels[number] |= await _values(request)
        return json_answer(self.labels[number])

    async def delete(self, request: web.Request) -> web.Response:
        gone = self.labels.pop(int(request.match_info["id"]), None)
        return json_answer({}, status=404 if gone is None else 200)


async def _values(request: web.Request) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.json.decode(await request.read(), type=dict[str, Any])
    note_sent(values)
    return values
