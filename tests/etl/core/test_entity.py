"""A flow of declared entities alone: mapping, waiting for references, and what two complete readings lack."""

import io
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import MetaData

from etl.core.entity import Filled, Records, default_steps
from etl.core.flags import Flags
from etl.core.flow import Flow, FlowResult, Offered, run
from etl.core.mapping import MapEntity, MapTable, parse_field_map
from etl.core.singer import SingerInput
from etl.core.streams import Stream, Streams
from store.care import take_over
from store.snapshot import Outcome, Snapshot
from vocabulary.entity import Entity, needed, reference
from vocabulary.values import Status, Text255

NOW = datetime(2026, 2, 1, 6, tzinfo=timezone.utc)
MAP = """entity,far_field,near_field,conversion,required,why
shelves,remoteId,no,identifier,yes,
shelves,name,name,text_255,yes,
books,remoteId,no,identifier,yes,
books,name,name,text_255,yes,
books,status,state,status,no,
books,shelfRemoteId,shelf,identifier,no,
"""
SHELVES = Entity("Far", "shelves", "shelves", {"name": needed(Text255)}, natural_key=("name",))
BOOKS = Entity(
    "Far",
    "books",
    "books",
    {"name": needed(Text255), "status": Status, "shelfId": reference("shelves")},
    natural_key=("name",),
    removal={"status": "disabled"},
)


class Row(Struct):
    no: Any = None
    name: Any = None
    state: Any = None
    shelf: Any = None


class LibraryFlags(Flags):
    entities = ("shelves", "books")


ENTITIES = {
    "shelves": MapEntity(dict.fromkeys(("remoteId", "name")), ("remoteId",), ("no", "name")),
    "books": MapEntity(
        dict.fromkeys(("remoteId", "name", "status", "shelfRemoteId")), ("remoteId",), ("no", "name", "state", "shelf")
    ),
}
FLOW = Flow(
    name="near",
    streams=Streams("Near", (Stream("racks", Row, "no"), Stream("volumes", Row, "no"))),
    fields=MapTable("Near", "Far", ENTITIES, own="books"),
    flags=LibraryFlags,
    facts=MetaData(),
    begin=Records,
    steps=default_steps([Filled(SHELVES, "racks"), Filled(BOOKS, "volumes", absence="disable")]),
    offers=lambda config: [Offered(SHELVES), Offered(BOOKS)],
    take_over=lambda snapshot, stream, known: take_over(snapshot, stream, known, "from elsewhere"),
)


class Library:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.days = 0
        self.result: FlowResult

    def day(self, rows: dict[str, list[dict[str, Any]]], *, complete: bool = True, accept: bool = True) -> list[Any]:
        """One run; what it offers, as (stream, remote id, record without the remote id)."""
        self.days += 1
        messages: list[dict[str, Any]] = []
        for stream, records in rows.items():
            messages.append({"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": ["no"]})
            messages += [{"type": "RECORD", "stream": stream, "record": record} for record in records]
        marks = {stream: {"complete": complete, "run_id": str(self.days)} for stream in rows}
        messages.append({"type": "STATE", "value": {"bookmarks": marks}})
        lines = b"".join(json.dumps(message).encode() + b"\n" for message in messages)
        written: list[bytes] = []
        with Snapshot.open(self.folder, "far") as snapshot:
            field_map = parse_field_map(MAP, "near.csv", FLOW.fields)
            source = SingerInput(io.BytesIO(lines), "the input", FLOW.streams)
            self.result = run(FLOW, source, LibraryFlags(), field_map, snapshot, NOW, written.extend)
            found = [json.loads(line) for line in written]
            offered = [(one["stream"], one["record"]) for one in found if one["type"] == "RECORD"]
            if accept and offered:
                with snapshot.transaction():
                    snapshot.apply([_accepted(stream, dict(record)) for stream, record in offered])
        return [(stream, record.pop("remoteId"), record) for stream, record in offered]


def _accepted(stream: str, record: dict[str, Any]) -> Outcome:
    remote_id = record["remoteId"]
    sent = {name: value for name, value in record.items() if name not in ("remoteId", "id", "_changed")}
    return Outcome(stream, remote_id, "answered", "create", "accepted", id=f"9{remote_id}", sent=sent)


BOOK = {"no": 1, "name": "Emma", "state": 1, "shelf": 7}
SHELF = {"no": 7, "name": "Novels"}


def test_records_become_what_the_mapping_table_says_and_are_offered_once(tmp_path: Path) -> None:
    library = Library(tmp_path)
    assert library.day({"racks": [SHELF], "volumes": [BOOK]}) == [
        ("shelves", "7", {"name": "Novels"}),
        ("books", "1", {"name": "Emma", "shelfRemoteId": "7", "status": "enabled"}),
    ]
    assert library.day({"racks": [SHELF], "volumes": [BOOK]}) == []
    assert (tmp_path / "far.sqlite").exists()


def test_what_refers_to_an_unknown_record_waits_until_that_is_read(tmp_path: Path) -> None:
    library = Library(tmp_path)
    assert library.day({"volumes": [BOOK]}) == []
    assert library.result.report["entities"]["books"]["waiting"] == 1
    assert [remote_id for _, remote_id, _ in library.day({"racks": [SHELF]})] == ["7", "1"]


def test_what_two_complete_readings_lack_is_taken_out_of_use_and_comes_back_when_it_is_read(tmp_path: Path) -> None:
    library = Library(tmp_path)
    other = {**BOOK, "no": 2, "name": "Persuasion"}
    library.day({"racks": [SHELF], "volumes": [BOOK, other]})
    assert library.day({"volumes": [other]}, complete=False) == []
    assert library.day({"volumes": [other]}) == []
    gone = {"_changed": ["status"], "id": "91", "name": "Emma", "shelfRemoteId": "7", "status": "disabled"}
    assert library.day({"volumes": [other]}) == [("books", "1", gone)]
    assert library.day({"volumes": [other]}) == []
    assert library.day({"volumes": [BOOK, other]}) == [("books", "1", {**gone, "status": "enabled"})]


def test_more_missing_records_than_the_limit_are_not_believed(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.day({"racks": [SHELF], "volumes": [{**BOOK, "no": no} for no in range(1, 8)]})
    assert library.day({"volumes": [BOOK]}) == []
    assert library.day({"volumes": [BOOK]}) == []
    assert any("more than the limit" in note for note in library.result.report["notes"])


def test_a_listing_of_nothing_proves_nothing(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.day({"racks": [SHELF], "volumes": [BOOK]})
    for _ in range(3):
        assert library.day({"volumes": []}) == []
    assert any("lists no books at all" in note for note in library.result.report["notes"])


def test_a_record_without_an_id_costs_itself_and_the_proof_of_absence(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.day({"racks": [SHELF], "volumes": [BOOK]})
    for _ in range(3):
        assert library.day({"volumes": [{"no": [1], "name": "Emma"}]}) == []
    assert library.result.report["entities"]["books"]["refused"] == 1
