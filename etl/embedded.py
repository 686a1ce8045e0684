"""Runs the ETL inside a target when the input has the shape of a system that is read.

The rest of etl is imported only when such a SCHEMA has come and the input has ended.
"""

from __future__ import annotations

import decimal
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import msgspec

from connector.errors import InputError, RunError
from connector.singer.reader import BadRecord
from etl.recognised import shape_of

if TYPE_CHECKING:
    from store.snapshot import Snapshot

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=decimal.Decimal)


class Findings(Protocol):
    """Where the ETL says what it kept back."""

    def of_etl(self, notes: Iterable[str], reasons: Iterable[dict[str, Any]]) -> None:
        """Notes, and why records were kept back."""


class Delivery(Protocol):
    """What the ETL uses of the run that it is part of."""

    report: Findings

    def snapshot(self) -> Snapshot:
        """The run's store, locked."""


class EmbeddedEtl:
    """Buffers the messages of a system in a temporary file and turns them into Optiply-shaped ones at the end."""

    def __init__(self, delivery: Delivery, config: Mapping[str, Any]) -> None:
        """`config` is the target's; under `etl` stand the ETL's own flags."""
        self._delivery = delivery
        self._flags = config.get("etl") or {}
        self._system: str | None = None
        self._streams: set[str] = set()
        self._buffer: BinaryIO | None = None

    def takes_schema(self, message: dict[str, Any]) -> bool:
        """Whether the SCHEMA is that of a system: a known name with its key; then it is kept for the ETL.

        One input is of one system: a SCHEMA of another is not taken.
        """
        stream = message.get("stream")
        found = shape_of(message)
        if found is None or self._system not in (None, found):
            self._streams.discard(str(stream))
            return False
        self._system = found
        self._streams.add(str(stream))
        self._keep(message)
        return True

    def takes(self, message: dict[str, Any]) -> bool:
        """Whether the record belongs to a stream of the system; then it is kept for the ETL."""
        if message.get("stream") not in self._streams:
            return False
        if isinstance(message, BadRecord):
            self._write(message.line.strip())  # as it came: the ETL judges it and what its stream is worth without it
        else:
            self._keep(message)
        return True

    def takes_state(self, message: dict[str, Any]) -> bool:
        """Whether STATE waits for the ETL: it speaks of records that are still in the buffer."""
        if not self._streams:
            return False
        self._keep(message)
        return True

    def run(self) -> Iterator[dict[str, Any]]:
        """The Optiply-shaped messages of the buffered input, its STATE last; none when it had no system's shape.

        The store is the target's own, and so is the lock. Raises RunError or SnapshotError.
        """
        if self._buffer is None:
            return
        self._streams.clear()  # what comes now is Optiply-shaped, though the names may be the same
        with self._buffer as buffer, tempfile.TemporaryDirectory(prefix="target-optiply-") as folder:
            buffer.seek(0)
            offers = Path(folder) / "offers.singer"
            self._run_etl(buffer, offers)
            with offers.open("rb") as file:
                for line in file:
                    yield _DECODER.decode(line)

    def _run_etl(self, buffer: BinaryIO, offers: Path) -> None:
        # Imported here, so that Optiply-shaped input never pays for pandas.
        from etl.core.flags import ConfigError
        from etl.core.singer import SingerInput
        from etl.flows import EtlError, prepare, with_system

        try:
            prepared = prepare(with_system(self._flags, self._system), Path(os.environ.get("ROOT_DIR") or "."))
            now = datetime.now(timezone.utc).replace(microsecond=0)
            source = SingerInput(buffer, "the input", prepared.flow.streams)
            result = prepared.run(source, self._delivery.snapshot(), now, offers)
        except (ConfigError, EtlError, InputError) as error:
            raise RunError(f"The ETL inside the target cannot run: {error}") from error
        self._delivery.report.of_etl([*prepared.notes, *result.report["notes"]], result.report["reasons"])

    def _keep(self, message: dict[str, Any]) -> None:
        self._write(_ENCODER.encode(message))

    def _write(self, line: bytes) -> None:
        if self._buffer is None:
            self._buffer = tempfile.TemporaryFile()  # noqa: SIM115 - closed by run, or gone with the process
        self._buffer.write(line + b"\n")
