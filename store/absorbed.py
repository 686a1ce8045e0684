"""Knows which outcome files a store has taken in, so that none is taken in twice.

Whether an answer may give its record an id depends on who has that id at the moment, so the same lines folded a second
time could come to something else: a claim that was refused would be granted once its owner has moved on.
"""

import hashlib
import logging
from pathlib import Path

import msgspec
from typing_extensions import Self

from connector.canonical import canonical
from store.errors import explained

ABSORBED = "absorbed"
"""The note that holds it, written in the transaction that takes the files in."""
REMEMBERED = 100  # files: what a copied folder or a stopped deletion brings back is among the last ones
_PART = 1 << 20  # bytes read at a time

_logger = logging.getLogger(__name__)


class Absorbed:
    """Outcome files by name and content, the last one taken in last; a name alone may come again with other lines."""

    def __init__(self, files: dict[str, str]) -> None:
        """`files`: name -> digest."""
        self._files = files

    @classmethod
    def read(cls, note: str | None) -> Self:
        """What a store notes of itself."""
        return cls({} if note is None else dict(msgspec.json.decode(note, type=list[tuple[str, str]])))

    def adds(self, path: Path) -> bool:
        """Whether the file is new; it counts as taken in from here on."""
        digest = _digest(path)
        known = self._files.pop(path.name, None) == digest
        self._files[path.name] = digest
        if known:
            _logger.info("%s was taken in before; its deletion is made up for.", path)
        return not known

    def to_note(self, at_least: int) -> str:
        """The note: the last files, all of those just seen (`at_least`) among them."""
        return canonical(list(self._files.items())[-max(REMEMBERED, at_least) :])


def _digest(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with explained(path), path.open("rb") as file:
        while part := file.read(_PART):
            digest.update(part)
    return digest.hexdigest()
