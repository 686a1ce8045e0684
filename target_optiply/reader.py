"""Reads Singer messages with msgspec, exact decimals kept; a broken line is named by number, never shown."""

from __future__ import annotations

import decimal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

import msgspec
from singer_sdk.singerlib.encoding import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

_DECODER = msgspec.json.Decoder(float_hook=decimal.Decimal)
_OBJECTS = {"RECORD": "record", "SCHEMA": "schema"}
_MESSAGES = ("RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH")


class Reader(GenericSingerReader[bytes]):
    """Lines may be bytes or text."""

    def __init__(self) -> None:
        """Starts before line 1."""
        super().__init__()
        self._line = 0

    @override
    def process_lines(
        self, file_input: IO[bytes] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        return super().process_lines(self._whole_lines(file_input or self.default_input), callbacks)  # type: ignore[arg-type]  # any iterable of lines will do

    def _whole_lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The lines that are not blank, counted with those that are."""
        for line in lines:
            self._line += 1
            if line.strip():
                yield line

    @property
    @override
    def default_input(self) -> IO[bytes]:
        return sys.stdin.buffer

    @override
    def deserialize_json(self, line: bytes | str) -> dict[str, Any]:
        try:
            message = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidInputLine(
                f"Line {self._line} of the input is no JSON ({_position(error)}); what stands there is lost, so the "
                "run stops; let the tap or the ETL write the file again."
            ) from None
        if not isinstance(message, dict) or message.get("type") not in _MESSAGES:
            raise InvalidInputLine(
                f"Line {self._line} of the input is no Singer message (type must be one of {', '.join(_MESSAGES)}); "
                "check that the input comes from a tap."
            )
        whole = _OBJECTS.get(message["type"])
        if whole is not None and not isinstance(message.get(whole, {}), dict):
            raise InvalidInputLine(
                f"Line {self._line} of the input is a {message['type']} whose {whole} is no object, so what stands "
                "there is lost; let the tap or the ETL write the file again."
            )
        return message

    @staticmethod
    @override
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        missing = sorted(requires - set(line_dict))
        if missing:
            what = f"{line_dict.get('type', 'A')} message of stream {line_dict.get('stream', 'unknown')}"
            raise InvalidInputLine(f"{what} lacks {', '.join(missing)}; check that the input comes from a tap.")


def _position(error: Exception) -> str:
    # msgspec's message names the byte and no content.
    return str(error) if isinstance(error, msgspec.DecodeError) else "not UTF-8"
