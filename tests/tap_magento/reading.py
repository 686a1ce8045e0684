"""A tap that reads the sandbox in this process, and how its records compare with the shop's own rows."""

import io
import json
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from connector.errors import ProgramError
from tap_magento.tap import STREAMS, TapMagento
from tests.catalogues import selecting

Record = dict[str, Any]
TOKEN = "sandbox-integration-token"


@dataclass
class Reading:
    """What one run of the tap put out, and how it went."""

    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    messages: list[Record] = field(default_factory=list)
    output: bytes = b""
    report: Record = field(default_factory=dict)
    error: ProgramError | None = None

    @property
    def state(self) -> Record:
        """The last STATE."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"][-1]

    @property
    def bookmarks(self) -> Record:
        """The bookmarks of the last STATE."""
        bookmarks: Record = self.state["bookmarks"]
        return bookmarks

    def ids(self, stream: str, key: str = "id") -> list[Any]:
        """One property of every record of a stream, in order."""
        return [record[key] for record in self.records[stream]]


def catalog_of(names: tuple[str, ...]) -> Record:
    """A catalogue that selects exactly these streams."""
    return selecting(names, TapMagento, {"store_url": "http://127.0.0.1", "access_token": TOKEN})


def read(url: str, *streams: str, state: Record | None = None, **config: Any) -> Reading:
    """Runs the tap over a shop, by default with its own selection. A failed run's error is kept, not raised."""
    settings = {"store_url": url, "access_token": TOKEN, "retry_seconds": 5, **config}
    settings = {key: value for key, value in settings.items() if value is not None}
    catalog = catalog_of(streams) if streams else None
    tap = TapMagento(config=settings, state=state, catalog=catalog)
    reading = Reading()
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out):
        try:
            tap.read()
        except ProgramError as error:
            reading.error = error
        finally:
            tap.source.close()
    reading.output = out.buffer.getvalue()  # type: ignore[attr-defined]
    reading.messages = [json.loads(line) for line in reading.output.splitlines()]
    for message in reading.messages:
        if message["type"] == "RECORD":
            reading.records[message["stream"]].append(message["record"])
    reading.report = tap.source.report.to_dict()
    return reading


def same_values(record: Any, row: Any) -> bool:
    """Whether a record says nothing else than the shop's own row; a projected empty list comes as null."""
    if isinstance(record, dict) and isinstance(row, dict):
        return all(key in row and same_values(value, row[key]) for key, value in record.items())
    if isinstance(record, list) and isinstance(row, list):
        return len(record) == len(row) and all(map(same_values, record, row))
    return record == row or (record is None and row == [])


def names_of_all_streams() -> tuple[str, ...]:
    """Every stream the tap declares."""
    return tuple(str(vars(stream)["name"]) for stream in STREAMS)
