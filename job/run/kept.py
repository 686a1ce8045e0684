"""Takes along what programs keep in files of their own, tokens and counted requests, where stores are in a database.

They are sealed with the configuration itself: who has the database alone can read none of them.
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from connector.canonical import canonical
from connector.files import replace_file
from job.folder import JobFolder, read_json_object
from store.place import SETTING
from store.snapshot import Snapshot

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

NOTE = "kept files"


@contextmanager
def kept_along(folder: JobFolder) -> Iterator[None]:
    """The files (connector/kept.py) are there in the block, and in the store after it; the caller holds its lock."""
    if folder.store.url is None:
        yield
        return
    brought = _sealed(folder)
    for name, content in brought.items():
        replace_file(folder.snapshots / name, content, mode=0o600)
    try:
        yield
    finally:
        files = {path.name: path.read_bytes() for path in _files(folder)}
        if files != brought:
            seal = _seal(folder)
            sealed = {name: seal.encrypt(content).decode() for name, content in files.items()}
            with Snapshot.open(folder.store) as store, store.transaction():
                store.set_note(NOTE, canonical(sealed))


def _sealed(folder: JobFolder) -> dict[str, bytes]:
    """Name -> content; what was sealed with another configuration, whose tokens are another account's, is left out."""
    from cryptography.fernet import InvalidToken

    with Snapshot.open(folder.store) as store:
        text = store.note(NOTE)
    found, seal = {}, _seal(folder)
    for name, sealed in msgspec.json.decode(text or "{}", type=dict[str, str]).items():
        try:
            found[name] = seal.decrypt(sealed)
        except InvalidToken:
            continue
    return found


def _seal(folder: JobFolder) -> "Fernet":
    from cryptography.fernet import Fernet

    config = {key: value for key, value in read_json_object(folder.config).items() if key != SETTING}
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"kept {canonical(config)}".encode()).digest()))


def _files(folder: JobFolder) -> list[Path]:
    return sorted(path for path in folder.snapshots.glob("*.json") if path.is_file())
