"""Every reader of foreign bytes: good examples of what it reads, how it is asked, and how it may refuse."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import requests
from requests.structures import CaseInsensitiveDict

from connector.errors import ProgramError
from connector.files import FileError, json_object
from connector.http.answers import Answer, Failure
from connector.http.answers import json_object as any_object
from connector.http.budget import Budget
from connector.http.clock import ServerClock, retry_after
from connector.http.pace import Pace
from connector.http.request import Request
from connector.http.table import Fate, judge
from connector.kept import Kept
from connector.messages import BadLine, read_message
from connector.singer.state import bookmarks_in
from connector.times import earlier
from easyecom_api.envelope import link_of, worded
from etl.core.flags import ConfigError
from etl.core.singer import SingerInput
from etl.core.tables import table_inputs
from etl.flows import EtlError, flow_of, load_config, load_field_map, prepare
from inventory.errors import InventoryError, MessageRefused
from inventory.files import read_figures
from inventory.messages import message_of, parse_json
from inventory.soap import SOAP_11, parse_call
from job.folder import JobFolder, read_json_object
from job.preferred.file import read_asked
from job.run.history import past_runs, read_index, write_index
from job.settings.check import check_settings
from job.settings.other_files import check_other_files
from job.snapshot.files import read_file
from job.systems import system_of
from magento_api.answers import missing_right, page_limit
from magento_api.answers import read_answer as read_shop
from magento_api.errors import TABLE as SHOP_TABLE
from optiply_api.words import said
from store.outcomes import Outcome
from store.place import Place
from store.snapshot import Snapshot
from tap_magento.seen import SeenFile
from target_optiply.answers import read_answer as read_optiply
from target_optiply.answers import reply_of
from tests.fuzz.programs import PROGRAMS
from tests.inventory.test_messages import CALL, envelope

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Reader:
    """`read` gets the bytes and an empty folder of its own; it may raise only what `refuses` names."""

    examples: Sequence[bytes]
    read: Callable[[bytes, Path], object]
    refuses: tuple[type[Exception], ...] = (ProgramError,)


READERS: dict[str, Reader] = {}


def reader(name: str, examples: Sequence[bytes], *refuses: type[Exception]) -> Callable[..., Any]:
    """Enters a function as a reader."""

    def enter(read: Callable[[bytes, Path], object]) -> Callable[[bytes, Path], object]:
        READERS[name] = Reader(examples, read, refuses or (ProgramError,))
        return read

    return enter


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def table(suffix: str, rows: list[dict[str, Any]]) -> bytes:
    """A table as CSV, parquet or an Excel workbook."""
    out, frame = io.BytesIO(), pd.DataFrame(rows)
    if suffix == "csv":
        frame.to_csv(out, index=False)
    elif suffix == "parquet":
        frame.to_parquet(out)
    else:
        frame.to_excel(out, index=False)
    return out.getvalue()


def text(value: object) -> bytes:
    return json.dumps(value).encode()


# Messages between programs

SHOP = (ROOT / "tests/fixtures/recorded_shop.jsonl").read_bytes()
LINES = SHOP.splitlines()
_SOME = b"\n".join([*LINES[:9], *LINES[20:200:20], LINES[-1]])


@reader("Singer messages, for a target", LINES[:12] + LINES[-2:], BadLine)
def _message(content: bytes, _folder: Path) -> None:
    for line in content.splitlines():
        read_message(line)


def example_of(schema: Any) -> Any:
    """A value that a JSON Schema describes: every property there, one item in each list."""
    kinds = schema.get("type", ["object"])
    kind = next(one for one in ([kinds] if isinstance(kinds, str) else kinds) if one != "null")
    if kind == "object":
        return {name: example_of(spec) for name, spec in schema.get("properties", {}).items()}
    if kind == "array":
        return [example_of(schema.get("items", {"type": "string"}))]
    moment = "2026-01-02T03:04:05Z" if schema.get("format") == "date-time" else "1"
    return {"integer": 1, "number": 1.5, "boolean": True, "string": moment}[kind]


def singer_of(system: str) -> bytes:
    """A SCHEMA and a record of every stream that a system's tap declares, and a STATE."""
    lines = []
    for path in sorted((ROOT / f"tap_{system}/schemas").glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        lines += [
            {"type": "SCHEMA", "stream": path.stem, "schema": schema, "key_properties": list(schema["properties"])[:1]},
            {"type": "RECORD", "stream": path.stem, "record": example_of(schema)},
        ]
    marks = {line["stream"]: {"complete": True} for line in lines}
    return b"\n".join(map(text, [*lines, {"type": "STATE", "value": {"bookmarks": marks, "run_id": "r"}}]))


for _system in ("magento", "picqer", "easyecom"):

    @reader(f"Singer messages, for the ETL of {_system}", [singer_of(_system), *[_SOME] * (_system == "magento")])
    def _singer(content: bytes, _folder: Path, system: str = _system) -> None:
        found = SingerInput(io.BytesIO(content), "tap.singer", flow_of({"system": system}).streams)
        assert all(batch.records is not None for batch in found.batches())
        for problem in found.problems:
            assert problem.text.isprintable(), problem.text


_PRODUCTS = [
    {"id": 1, "sku": "A", "name": "Ä", "price": 1.5, "status": 1, "type_id": "simple",
     "custom_attributes": '[{"attribute_code": "cost", "value": "1.5"}]', "updated_at": "2026-01-01 00:00:00",
     "extension_attributes": "{'website_ids': [1], 'stock_item': {'qty': 5}}"},
    {"id": 2, "sku": "007", "name": None, "price": 2.0, "status": 2, "type_id": "bundle",
     "custom_attributes": "[]", "updated_at": "2026-01-01 00:00:00", "extension_attributes": None},
]  # fmt: skip


@reader("CSV of HotGlue, for the ETL", [table("csv", _PRODUCTS)])
def _csv(content: bytes, folder: Path) -> None:
    _tables(written(folder, "products.csv", content))


@reader("parquet of HotGlue, for the ETL", [table("parquet", _PRODUCTS)])
def _parquet(content: bytes, folder: Path) -> None:
    _tables(written(folder, "products.parquet", content))


def _tables(path: Path) -> None:
    for found in table_inputs(path.parent, "run 1", flow_of({}).streams):
        assert sum(len(batch.records) for batch in found.batches()) >= 0
        for problem in found.problems:
            assert problem.text.isprintable(), problem.text


# What people write


def example(name: str) -> bytes:
    """A configuration of configs/example/, filled in."""
    filled = (ROOT / "configs/example" / name).read_text(encoding="utf-8").replace("REPLACE", "given")
    return filled.encode()


_CONFIGS = [example(name) for name in ("config.json", "picqer.json", "easyecom.json")]


_TARGET = example("target-config.json")


@reader("settings of a folder", [config.replace(b"\n\n", b"\n") + b"\n\n" + _TARGET for config in _CONFIGS])
def _settings(content: bytes, folder: Path) -> None:
    config, _, target = content.partition(b"\n\n")
    written(folder, "config.json", config)
    written(folder, "target-config.json", target)
    job = JobFolder(folder)
    system_of(job)
    check_settings(job)


@reader("flags of the ETL", _CONFIGS, ConfigError, EtlError, FileError)
def _flags(content: bytes, folder: Path) -> None:
    prepare(json_object(content, "config.json"), folder)


for _name in ("magento", "picqer", "easyecom"):

    @reader(f"field map of {_name}", [(ROOT / f"configs/field_maps/{_name}.csv").read_bytes()], ConfigError, EtlError)
    def _field_map(content: bytes, folder: Path, name: str = _name) -> None:
        written(folder, f"configs/field_maps/{name}.csv", content)
        config, _ = load_config({"system": name})
        load_field_map(flow_of({"system": name}), config, folder)


_ASKED = [
    {"skuCode": "A", "supplierName": "Ä & B", "preferred": "true"},
    {"skuCode": 7, "supplierName": "B", "preferred": 0},
]


@reader("CSV of preferred suppliers", [table("csv", _ASKED), b"skuCode;supplierName;preferred\nA;B;1\n"])
def _preferred(content: bytes, folder: Path) -> None:
    read_asked(written(folder, "preferred.csv", content))


if find_spec("openpyxl"):

    @reader("Excel of preferred suppliers", [table("xlsx", _ASKED)])
    def _workbook(content: bytes, folder: Path) -> None:
        read_asked(written(folder, "preferred.xlsx", content))


# What programs leave behind for the next run

_STATE = {"bookmarks": {"products": {"replication_key": "updated_at", "replication_key_value": "2026-01-01 00:00:00"}}}


@reader("a tap's state", [text(_STATE), text({"type": "STATE", "value": _STATE}), text({"singer_state": _STATE})],
        ProgramError, FileError)  # fmt: skip
def _state(content: bytes, _folder: Path) -> None:
    bookmarks_in(json_object(content, "state.json"))


_CATALOG = {"streams": [{"tap_stream_id": "products", "stream": "products", "schema": {"properties": {"id": {}}},
                         "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}]}]}  # fmt: skip


@reader("a folder's state and catalogue", [text(_STATE) + b"\n" + text(_CATALOG)])
def _other_files(content: bytes, folder: Path) -> None:
    state, _, catalog = content.partition(b"\n")
    written(folder, "config.json", _CONFIGS[0])
    written(folder, "state.json", state)
    written(folder, "catalog-selected.json", catalog)
    for complaint in check_other_files(JobFolder(folder)):
        assert complaint.isprintable(), complaint


_KEPT = {"tokens": {"shop": {"token": "x", "until": "2026-01-01T00:00:00+00:00"}}}


_SEEN = {
    "layout": 1,
    "place": "[]",
    "stock": "[]",
    "began": "2026-01-15 09:00:00",
    "elsewhere": {"7": 1},
    "products": [[1, "A", 1, "simple", "1f.2c", [5, True], ""], [2, "B", None, None, None, None, ""]],
}


@reader("stock seen by an earlier run", [text(_SEEN)])
def _seen(content: bytes, folder: Path) -> None:
    file = SeenFile(written(folder, "stock.json", content))
    if (seen := file.read()) is not None:
        earlier(seen.began, 60)
        file.write(seen)


@reader("what programs keep between runs", [text(_KEPT)])
def _kept(content: bytes, folder: Path) -> None:
    kept = Kept(written(folder, "kept.json", content))
    kept.part("tokens", "shop")
    with kept.changing("tokens", "shop") as found:
        found["x"] = 1


_OLD = ROOT / "tests/fixtures/older_folder/job"
_STORE = (_OLD / "snapshots/optiply.sqlite").read_bytes()
_REPORT = next((_OLD / "runs").glob("*/report.json")).read_bytes()


@reader("a store in a file", [_STORE])
def _store(content: bytes, folder: Path) -> None:
    written(folder, "optiply.sqlite", content)
    with Snapshot.open(Place(folder)) as store:
        store.absorb()
        for stream in ("products", "sellOrders"):
            store.ids(stream)
            store.unanswered(stream)
        store.state()


_OUTCOME = Outcome(
    "products", "1", "answered", "create", "accepted", "77", sent={"name": "A"}, at="2026-01-01T00:00:00Z"
)
_ANNOUNCED = Outcome("products", "2", "announced", "create", sent={"name": "B"}, hash="x", at="2026-01-01T00:00:00Z")


@reader("outcomes of a target", [f"{_ANNOUNCED.to_json()}\n{_OUTCOME.to_json()}\n".encode()])
def _outcomes(content: bytes, folder: Path) -> None:
    written(folder, "outcomes-20260101T000000.jsonl", content)
    with Snapshot.open(Place(folder)) as store:
        store.absorb()


@reader("reports of earlier runs", [_REPORT])
def _reports(content: bytes, folder: Path) -> None:
    written(folder, "2026-11-25T14-38-26Z/report.json", content)
    assert len(past_runs(folder)) == 1
    entries = read_index(folder)
    write_index(folder, entries)
    assert read_index(folder) == entries


_INDEX = {"2026-11-25T14-38-26Z": {"mark": "1", "report": {"headline": "x", "exit_code": 0}}}


@reader("the index of earlier runs", [text(_INDEX)])
def _index(content: bytes, folder: Path) -> None:
    written(folder, "2026-11-25T14-38-26Z/report.json", _REPORT)
    for name in ("index.json", ".index.json"):
        written(folder, name, content)
    assert len(past_runs(folder)) == 1


@reader("JSON files of a folder", [_REPORT, text(_STATE)])
def _object(content: bytes, folder: Path) -> None:
    read_json_object(written(folder, "some.json", content))


# What comes from other systems' files

_PAIRS = [{"InputId": "1", "RemoteId": "77", "skuCode": "A"}, {"InputId": 2.0, "RemoteId": 78.0, "skuCode": "B"}]


@reader("HotGlue's snapshot as CSV", [table("csv", _PAIRS), b"remoteId,optiply_id\n1,2\n"])
def _pairs_csv(content: bytes, folder: Path) -> None:
    read_file(written(folder, "products.snapshot.csv", content), _magento())


@reader("HotGlue's snapshot as parquet", [table("parquet", [{"InputId": "1", "RemoteId": "77", "skuCode": "A"}])])
def _pairs_parquet(content: bytes, folder: Path) -> None:
    read_file(written(folder, "products.snapshot.parquet", content), _magento())


def _magento() -> Any:
    from job.systems import DEFAULT

    return DEFAULT


@reader("stock figures in a file",
        [b"sku,quantity,source,sequence\nA,5,default,1\nB,2.5,,2\n", b"sku;qty\nA;1\n",
         text({"type": "RECORD", "stream": "s", "record": {"sku": "A", "quantity": 5}})],
        InventoryError)  # fmt: skip
def _figures(content: bytes, _folder: Path) -> None:
    found = read_figures(content, "stock.csv", "default")
    for row in found.refused:
        assert row.reason.isprintable(), row.reason


_MESSAGE = {"productQtys": [{"sku": "A", "qty": "7"}], "messageSeqId": 71,
            "productSeqs": [{"sku": "A", "seq": "3", "lastOrderExported": "2026-01-01 00:00:00"}]}  # fmt: skip


@reader("a warehouse's message in JSON", [text(_MESSAGE)], MessageRefused)
def _json_message(content: bytes, _folder: Path) -> None:
    for row in message_of(parse_json(content), "warehouse", "default").refused:
        assert row.reason.isprintable(), row.reason


@reader("a warehouse's message in SOAP", [envelope(CALL), envelope(CALL, SOAP_11)], MessageRefused)
def _soap_message(content: bytes, _folder: Path) -> None:
    for row in message_of(parse_call(content).arguments, "warehouse", "default").refused:
        assert row.reason.isprintable(), row.reason


# Answers over HTTP, as their readers see them


def response(content: bytes, status: int = 200) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer._content, answer.url = status, content, "https://shop.example.com/rest/V1/products"
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    return answer


_PAGE = {"items": _PRODUCTS, "search_criteria": {"filter_groups": [], "page_size": 2}, "total_count": 2}
_FAULT = {
    "message": 'The "%1" value\'s type is invalid.',
    "parameters": {"resources": "Magento_Sales::actions_view", "max": 300},
}
_SAID = {"code": 200, "message": "Successful", "data": [{"id": 1}], "nextUrl": "/x?cursor=2"}
_DATA = {"data": {"type": "products", "id": "1", "attributes": {"name": "A"}}, "errors": [{"detail": "no"}]}


@reader("answers of Magento", [text(_PAGE), text(_FAULT), text([_PAGE["items"]])])
def _magento_answer(content: bytes, _folder: Path) -> None:
    for status in (200, 301, 400, 401, 500):
        found = read_shop(response(content, status))
        if isinstance(found, Failure):
            assert found.text.isprintable(), found.text
            judge(SHOP_TABLE, "GET", found.cause, found.body)
            missing_right(found.value, found.text)
            page_limit(found.value)


@reader("answers of EasyEcom", [text(_SAID), text({"code": 400, "message": [{"Error": "x"}]})], ValueError)
def _easy_answer(content: bytes, _folder: Path) -> None:
    body = any_object(content)
    if body is not None:
        found = worded(Answer(body, 0, {}))
        assert not isinstance(found, Failure) or found.text.isprintable()
        link_of(body.get("nextUrl"), "https://api.example.com")


@reader("answers of Optiply", [text(_DATA), text({"data": [_DATA["data"]]}), text({"errors": [{"title": "x"}]})])
def _optiply_answer(content: bytes, _folder: Path) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        for status in (200, 400, 500):
            found = read_optiply(Request("/products", lambda _size: "", method=method), response(content, status))
            if isinstance(found, Answer):
                assert reply_of(found).fate is Fate.DONE
            else:
                assert said(found.value).isprintable()


@cache
def _source(name: str) -> Any:
    """A tap's source at an address where nobody listens; it sends nothing."""
    program = PROGRAMS[name]
    nowhere = SimpleNamespace(**{f"{one}_url": "http://127.0.0.1:1" for one in (*PROGRAMS, "auth")})
    return program.tap(config={**program.config(nowhere), "retry_seconds": 5, "snapshot_dir": "nowhere"}).source


_PICQER = {"error": True, "error_code": 17, "error_message": "no such product"}
_API = {"data": [_DATA["data"]], "meta": {"page": {"totalElements": 1}}, "links": {"next": None}}
_PAGES = {
    "picqer": [text(_PRODUCTS), text(_PICQER)],
    "easyecom": [text(_SAID), text({"code": 200, "data": {"orders": [{"order_id": 1}], "nextUrl": None}})],
    "optiply": [text(_API), text({"errors": [{"title": "x", "detail": "y"}]})],
}

for _name, _examples in _PAGES.items():

    @reader(f"pages of {_name}", _examples)
    def _page(content: bytes, _folder: Path, name: str = _name) -> None:
        source = _source(name)
        for status in (200, 400, 500):
            found = source.client.read(Request("/x", lambda _size: ""), response(content, status))
            if isinstance(found, Answer):
                source.page(found.value, 100, "/x", others=True)
            else:
                assert found.text.isprintable(), found.text


@reader(
    "headers of an answer",
    [
        b"Retry-After: 5\nDate: Wed, 21 Oct 2026 07:28:00 GMT",
        b"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\nDate: Wed, 21 Oct 2026 07:27:00 GMT\nX-Left: 5\nX-Limit: 500",
    ],
)
def _headers(content: bytes, _folder: Path) -> None:
    lines = (line.partition(":") for line in content.decode("latin-1").splitlines())
    headers = CaseInsensitiveDict({name.strip(): value.strip() for name, _, value in lines})
    rest = retry_after(headers)
    assert rest is None or rest >= 0
    clock = ServerClock("the shop")
    clock.observe(headers)
    assert clock.now().tzinfo is not None
    assert (clock.complaint() or "").isprintable()
    Budget(Pace(2), "X-Limit", "X-Left", 60.0).observe(headers)
