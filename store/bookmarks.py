"""Keeps the bookmarks that a run saves last: in a JSON file of its folder, or in the database that has its stores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from connector.canonical import canonical
from connector.files import FileError, read_object, replace_file
from store.errors import SnapshotError
from store.place import Place
from store.snapshot import Snapshot, is_stored

INWARD, OUTWARD = "bookmarks", "outward bookmarks"
"""The names of a tap's bookmarks, and of those of the way back."""


@dataclass(frozen=True)
class Bookmarks:
    """What was read up to where. They are in `file` where stores are files, else a note of the place's first store.

    `name` is that of the note. A folder whose stores have moved into a database without them is read on from its file.
    """

    place: Place
    file: Path
    name: str

    def read(self) -> dict[str, Any] | None:
        """The STATE that was saved last; None before the first. Raises SnapshotError where it cannot be read."""
        if self.place.url is not None and is_stored(self.place):
            with Snapshot.open(self.place) as store:
                text = store.note(self.name)
            if text is not None:
                return msgspec.json.decode(text, type=dict[str, Any])
        try:
            return read_object(self.file, unique=True, may_be_empty=True) if self.file.exists() else None
        except FileError as error:
            raise SnapshotError(f"{error}; correct the file.") from error

    def save(self, state: dict[str, Any]) -> None:
        """Keeps a STATE; nobody ever reads half of it. The caller holds the lock of the place."""
        if self.place.url is None:
            replace_file(self.file, msgspec.json.format(msgspec.json.encode(state), indent=2) + b"\n")
            return
        with Snapshot.open(self.place) as store, store.transaction():
            store.set_note(self.name, canonical(state))
        self.file.unlink(missing_ok=True)

    def forget(self) -> None:
        """Lets the next run read from the beginning."""
        if self.place.url is not None and is_stored(self.place):
            with Snapshot.open(self.place) as store, store.transaction():
                store.drop_notes(self.name)
        self.file.unlink(missing_ok=True)

    def copy_to(self, other: Bookmarks) -> None:
        """Saves them elsewhere as well, where there are any."""
        state = self.read()
        if state is not None:
            other.save(state)
