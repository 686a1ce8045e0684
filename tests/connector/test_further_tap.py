"""A further tap is a few declarations: two streams of a made-up store, read over HTTP, with state, errors and help."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from singer_sdk import typing as th

from connector.http.pool import Json
from connector.lists.plain import PlainSource
from connector.lists.question import Ask
from connector.lists.words import Words
from connector.singer.kinds import CursorStream, OffsetStream
from connector.singer.settings import Setting, json_schema, reading_settings
from connector.singer.tap import SourceTap

# The whole tap:


class Store(PlainSource):
    """Answers bare lists by offset; its journal by cursor."""

    words = Words("the store", "Ask its maker", "see its log", "check url", None, "store", "2020-01-01 00:00:00")

    def query(self, ask: Ask, size: int) -> str:
        return ask.cursor if ask.path == "/journal" else super().query(ask, size)

    def rows_and_total(self, value: Json) -> tuple[Json, Json]:
        return value["rows"] if isinstance(value, dict) and "rows" in value else value, None


class Goods(OffsetStream):
    """Goods; one row per article."""

    name = "goods"
    path = "/goods"
    keys = ("id",)
    always_selected = True
    rows_a_page = 20
    schema = th.PropertiesList(th.Property("id", th.IntegerType), th.Property("title", th.StringType)).to_dict()


class Journal(CursorStream):
    """What happened; one row per event."""

    name = "journal"
    path = "/journal"
    keys = ("number",)
    always_selected = True
    schema = th.PropertiesList(th.Property("number", th.IntegerType)).to_dict()

    def following(self, answer: Json) -> str | None:
        return str(answer["next"]) if answer["next"] else None


class TapStore(SourceTap):
    """Reads a store."""

    name = "tap-store"
    reads = "a store"
    settings = (Setting("url", True, {"type": ["string"]}), *reading_settings("store", 20).values())
    config_jsonschema = json_schema(settings)
    declared = (Goods, Journal)
    source_class = Store


# The store:

GOODS = [{"id": number, "title": f"thing {number}", "secret": "not asked for"} for number in range(1, 51)]


class Handler(BaseHTTPRequestHandler):
    bad: frozenset[int] = frozenset()

    def do_GET(self) -> None:
        """Answers the two lists; a page with a bad row fails."""
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status = 200
        answer: Any = None
        if parts.path == "/goods":
            offset = int(given["offset"])
            answer = GOODS[offset : offset + 20]
            status = 500 if self.bad & {row["id"] for row in answer} else 200
        elif parts.path == "/journal" and "page" in given:
            answer = {"rows": [{"number": 3}], "next": None}
        elif parts.path == "/journal":
            answer = {"rows": [{"number": 1}, {"number": 2}], "next": "page=2"}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stays silent."""


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Handler, "bad", frozenset())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def read(url: str) -> tuple[TapStore, list[dict[str, Any]]]:
    tap = TapStore(config={"url": url, "retry_seconds": 2}, state={})
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out):
        tap.read()
    tap.source.close()
    return tap, [json.loads(line) for line in out.buffer.getvalue().splitlines()]


def records(messages: list[dict[str, Any]], stream: str) -> list[dict[str, Any]]:
    return [message["record"] for message in messages if message["type"] == "RECORD" and message["stream"] == stream]


def test_both_streams_come_whole_with_their_selected_columns_and_are_complete(url: str) -> None:
    tap, messages = read(url)
    assert records(messages, "goods") == [{"id": row["id"], "title": row["title"]} for row in GOODS]
    assert [row["number"] for row in records(messages, "journal")] == [1, 2, 3]
    assert messages[-1]["type"] == "STATE"
    marks = messages[-1]["value"]["bookmarks"]
    assert all(marks[stream]["complete"] and marks[stream]["run_id"] == tap.run_id for stream in ("goods", "journal"))


def test_a_bad_row_costs_itself_and_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "bad", frozenset({30}))
    tap, messages = read(url)
    assert {row["id"] for row in records(messages, "goods")} == {row["id"] for row in GOODS} - {30}
    assert [one["id"] for one in tap.source.report.streams["goods"].isolated] == ["row 30"]


def test_the_command_helps_and_refuses_in_words() -> None:
    runner = CliRunner()
    command = TapStore.get_singer_command()
    helped = runner.invoke(command, ["--help"])
    assert "Read a store and write Singer messages" in helped.output
    done = runner.invoke(command, ["--config", "/nowhere.json"])
    assert done.exit_code == 1
    assert "/nowhere.json cannot be read" in done.output


def test_a_key_that_nobody_knows_is_told_with_the_nearest() -> None:
    (sentence,) = TapStore.unknown_keys(["ulr"])
    assert sentence == "The setting 'ulr' is not known to the tap and has no effect; did you mean 'url'?"
