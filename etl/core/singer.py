"""Reads Singer JSONL, a block of lines at a time, into the shapes that a flow declares."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from connector.errors import InputError
from connector.messages import UNREADABLE, BadLine, explain, without_mark
from connector.words import printable
from etl.core.blocks import MESSAGE, Found, check, decode
from etl.core.input import Batch, Input, InputProblem, complete_marks
from etl.core.isolated import scalars_of_record
from etl.core.streams import Streams

BLOCK_BYTES = 16_000_000
_MOST_PROBLEMS = 20  # of one stream: what comes after them is counted
_PLACE = re.compile(r"`\$\.?([^`]*)`$")


class SingerInput(Input):
    """Singer messages from an open binary file: streams in any order, SCHEMA repeated, lines interleaved.

    An unreadable record costs itself where its key can be read (streams.Stream), else the completeness of its stream; a
    line that may belong to any stream costs the completeness of all.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        streams: Streams,
        block_bytes: int = BLOCK_BYTES,
        *,
        may_be_empty: bool = True,
    ) -> None:
        """`name` is how messages call the file; `may_be_empty`: whether no message at all is an answer."""
        super().__init__()
        self._file = file
        self._name = name
        self._system = streams.system
        self._streams = streams.by_name
        self._named = streams.named
        self._block_bytes = block_bytes
        self._may_be_empty = may_be_empty
        self._declared: set[str] = set()
        self._doubtful: set[str] = set()
        self._all_doubtful = False
        self._readable = 0
        self._told: Counter[str | None] = Counter()

    def batches(self) -> Iterator[Batch]:
        """Reads the file once; blocks that hold something odd are read again line by line.

        Raises InputError for a file of another encoding, one without a readable message, and a BATCH message.
        """
        first = 1
        while block := self._file.read(self._block_bytes):
            block += self._file.readline()
            lines = block.count(b"\n")
            if first == 1:
                block = self._without_mark(block)
            try:
                found = decode(block, self._streams, self._declared)
            except (BadLine, *UNREADABLE):
                yield from self._line_by_line(block.split(b"\n"), first)
            else:
                yield from self._taken(found)
            first += lines
        self._settle()

    def _without_mark(self, block: bytes) -> bytes:
        try:
            return without_mark(block)
        except BadLine as bad:
            raise InputError(f"{self._name} {bad.reason}.") from None

    def _taken(self, found: Found) -> Iterator[Batch]:
        self._declared = found.declared
        self._readable += found.messages
        self.ignored += found.ignored
        self.state = self.state if found.state is None else found.state
        for stream, records in found.records.items():
            yield Batch(stream, records)

    def _line_by_line(self, lines: list[bytes], first: int) -> Iterator[Batch]:
        """The same lines one at a time, so that each problem is found with its line number."""
        records: dict[str, list[Any]] = {}
        for number, line in enumerate(lines, start=first):
            if not line.strip():
                continue
            try:
                self._message(without_mark(line.strip()), number, records)
                self._readable += 1
            except BadLine as bad:
                self._lost(bad, line, number, records)
            except UNREADABLE as error:
                self._lost(explain(line, error), line, number, records)
        for stream, items in records.items():
            yield Batch(stream, items)

    def _message(self, line: bytes, number: int, records: dict[str, list[Any]]) -> None:
        """Takes one message. Raises BadLine or one of `UNREADABLE`."""
        message = MESSAGE.decode(line)
        stream = message.stream
        if message.type != "RECORD" or not stream or bytes(message.record).lstrip()[:1] != b"{":
            checked = check(message)
            if message.type == "SCHEMA" and stream:
                self._declared.add(stream)
            elif message.type == "STATE":
                self.state = checked["value"]
        elif stream not in self._declared:
            text = f"is a record of {printable(stream)} before its SCHEMA; write the SCHEMA message first"
            raise BadLine(text, "RECORD", stream, record=msgspec.json.decode(message.record))
        elif stream not in self._streams:
            self.ignored[stream] += 1
        else:
            try:
                records.setdefault(stream, []).append(self._streams[stream].one.decode(message.record))
            except msgspec.ValidationError as error:
                found = msgspec.json.decode(message.record)
                raise BadLine(self._odd_shape(stream, error), "RECORD", stream, whole=True, record=found) from None

    def _odd_shape(self, stream: str, error: msgspec.ValidationError) -> str:
        """Where a record differs from what its source writes; the parser's own words name types of Python."""
        place = _PLACE.search(str(error))
        where = f"whose {place[1]} is" if place and place[1] else "that is"
        return (
            f"holds a record of {stream} that cannot be read, {where} not what {self._system} writes there; correct "
            "that field"
        )

    def _lost(self, bad: BadLine, line: bytes, number: int, records: dict[str, list[Any]]) -> None:
        """What a line that cannot be used costs: its record, else its stream, else every stream."""
        if bad.kind == "BATCH":
            raise InputError(f"{self._name} line {number} {bad.reason}.")
        stream, found = bad.stream, bad.record
        if found is None and bad.whole:
            found = scalars_of_record(line)
        declared = self._named(stream or "")
        key, kept = None if stream is None else declared.key_of(found), ""
        if bad.kind == "SCHEMA" and stream is not None:
            self._declared.add(stream)  # the ETL reads no schema: the records are as good as any
        elif stream is None:
            self._all_doubtful |= bad.kind != "STATE"
        elif not bad.whole or not declared.names_its_record(found):
            self._doubtful.add(stream)
        else:
            row = declared.key_row(found)
            records.setdefault(stream, []).extend([] if row is None else [row])
            kept = "" if key is None else f" What is known of {printable(key)} stays."
        if stream is not None and bad.kind == "RECORD":
            self.unread[stream] += 1
        self._told[stream] += 1
        if self._told[stream] <= _MOST_PROBLEMS:
            self.problems.append(InputProblem(stream, key, f"{self._name} line {number} {bad.reason}.{kept}"))

    def _settle(self) -> None:
        """Completeness counts only for streams all of whose lines could be read, or whose lost records are known."""
        for stream, number in self._told.items():
            if number > _MOST_PROBLEMS:
                of = printable(stream or "no known stream")
                text = f"{self._name} holds {number - _MOST_PROBLEMS} more such lines of {of}."
                self.problems.append(InputProblem(stream, None, text))
        if not self._readable:
            self._refuse_nothing()
        marks = complete_marks(self.state)
        for stream in sorted(marks):
            if self._all_doubtful or stream in self._doubtful:
                named = printable(stream)
                text = f"{named} is not taken as complete, because a line of {self._name} could not be read."
                self.problems.append(InputProblem(stream, None, text))
                del marks[stream]
        self.complete = marks

    def _refuse_nothing(self) -> None:
        """Raises InputError: nothing readable is no answer that there is nothing to do."""
        if self._told:
            raise InputError(
                f"{self._name} holds no readable Singer message; its first line that cannot be used: "
                f"{self.problems[0].text}"
            )
        if not self._may_be_empty:
            raise InputError(f"{self._name} is empty; check that the tap before the pipe ran and wrote its messages.")
