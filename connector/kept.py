"""What programs keep between their runs beside the bookmarks: a small JSON file that only its owner may read.

Several programs may use one file: each change is made under a lock, to what the file holds at that moment.
"""

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from connector.errors import RunError
from connector.files import FileError, read_object, replace_file


def kept_folder(config: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of what lasts: the setting snapshot_dir, else SNAPSHOT_DIR, else snapshots/ in the job's folder."""
    given = config.get("snapshot_dir") or environment.get("SNAPSHOT_DIR")
    return Path(str(given)) if given else Path(environment.get("ROOT_DIR") or ".", "snapshots")


class Kept:
    """One such file; it is made by the first change. Used from several threads at once."""

    def __init__(self, path: Path) -> None:
        """Neither reads nor writes yet."""
        self.path = path
        self._threads = threading.Lock()

    def read(self) -> dict[str, Any]:
        """What the file holds; nothing where there is none yet.

        Raises RunError: it cannot be read, or is no JSON object.
        """
        if not self.path.exists():
            return {}
        try:
            return read_object(self.path)
        except FileError as error:
            raise RunError(f"{error}; make it readable, or remove it.") from error

    def part(self, *names: str) -> dict[str, Any]:
        """An object inside the file; empty where there is none."""
        found: object = self.read()
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    @contextmanager
    def changing(self, *names: str) -> Iterator[dict[str, Any]]:
        """An object inside the file, to be changed in the block; nobody else changes it meanwhile.

        Raises RunError: the file cannot be read or written.
        """
        with self._threads, self._alone():
            whole = inner = self.read()
            for name in names:
                if not isinstance(inner.get(name), dict):
                    inner[name] = {}
                inner = inner[name]
            yield inner
            try:
                replace_file(self.path, msgspec.json.encode(whole), mode=0o600)
            except OSError as error:
                raise self._refused(error) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other programs out, by a lock on a file beside it that is never replaced."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._refused(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _refused(self, error: OSError) -> RunError:
        return RunError(f"{self.path} cannot be written ({error.strerror}): make its folder writable.")
