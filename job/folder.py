"""The job folder: the only module that spells the names of its files.

The layout is HotGlue's (config.json, state.json, sync-output/, etl-output/, snapshots/, target-state.json)
plus `runs/`, where each run keeps its report and the logs of its steps.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ProgramError
from connector.files import FileError, json_object, replace_file, without_mark
from store.bookmarks import INWARD, OUTWARD, Bookmarks
from store.place import SETTING, VARIABLE, Place


class FolderError(ProgramError):
    """The folder cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True)
class JobFolder:
    """Paths of one job folder; nothing is created before `prepare`."""

    root: Path

    @property
    def config(self) -> Path:
        """Tap settings and ETL flags together, as HotGlue gives one connector config."""
        return self.root / "config.json"

    @property
    def target_config(self) -> Path:
        """Settings of target-optiply."""
        return self.root / "target-config.json"

    @property
    def catalog(self) -> Path:
        """Optional Singer catalogue with the selected streams and fields."""
        return self.root / "catalog-selected.json"

    @property
    def state(self) -> Path:
        """The file of the tap's bookmarks, where stores are files."""
        return self.root / "state.json"

    @property
    def bookmarks(self) -> Bookmarks:
        """The tap's bookmarks, saved last in a run."""
        return Bookmarks(self.store, self.state, INWARD)

    @property
    def sync_output(self) -> Path:
        """Where the tap's records lie before the ETL."""
        return self.root / "sync-output"

    @property
    def tap_output(self) -> Path:
        """The tap's Singer messages of the current run."""
        return self.sync_output / "tap.singer"

    @property
    def etl_output(self) -> Path:
        """What the target is given: Singer JSONL in load order."""
        return self.root / "etl-output" / "data.singer"

    @property
    def snapshots(self) -> Path:
        """The store and the outcome files."""
        return self.root / "snapshots"

    @property
    def store(self) -> Place:
        """Where the stores are kept: in the snapshot folder, or in the database that config.json names."""
        config = read_json_object(self.config) if self.config.is_file() else {}
        return Place.of(self.snapshots, config.get(SETTING) or os.environ.get(VARIABLE))

    @property
    def outward(self) -> Path:
        """What belongs to the way back: the bookmark of what was read in Optiply, what came of it, what was sent."""
        return self.root / "outward"

    @property
    def outward_state(self) -> Path:
        """The file of the bookmarks of the way back, where stores are files."""
        return self.outward / "state.json"

    @property
    def outward_bookmarks(self) -> Bookmarks:
        """The bookmarks of the way back, saved last in it."""
        return Bookmarks(self.store, self.outward_state, OUTWARD)

    @property
    def all_bookmarks(self) -> tuple[Bookmarks, Bookmarks]:
        """Those of both ways."""
        return self.bookmarks, self.outward_bookmarks

    @property
    def outward_read(self) -> Path:
        """The messages of the tap of the way back, of the current run."""
        return self.outward / "sync-output" / "tap.singer"

    @property
    def outward_output(self) -> Path:
        """What the target of the way back is given."""
        return self.outward / "etl-output" / "data.singer"

    @property
    def results(self) -> Path:
        """The target's results in HotGlue's shape."""
        return self.root / "target-state.json"

    @property
    def runs(self) -> Path:
        """One folder per run: report.json, the steps' own reports and their logs."""
        return self.root / "runs"

    def check(self) -> None:
        """Raise FolderError unless both configuration files are there."""
        if not self.root.is_dir():
            raise FolderError(f"{self.root}: there is no such folder; create it or name another job folder.")
        for path in (self.config, self.target_config):
            if not path.is_file():
                raise FolderError(
                    f"{path}: this file is missing; a job folder holds config.json (shop and ETL flags) and "
                    "target-config.json (Optiply login). Copy both from configs/example/ and fill them in."
                )

    @contextmanager
    def writable(self) -> Iterator[None]:
        """Says in a sentence what the system refuses to a run: a full disk, a missing right.

        Raises FolderError.
        """
        try:
            yield
        except OSError as error:
            raise FolderError(
                f"The system refused {error.filename or self.root} ({error.strerror or error}). Nothing that was sent "
                "is lost: see to the room on the disk, or this user's rights there, whichever it names, and run again."
            ) from error

    def prepare(self) -> None:
        """Create the working folders and refuse data files that another program left in sync-output/."""
        for path in (self.sync_output, self.etl_output.parent, self.snapshots, self.runs):
            path.mkdir(parents=True, exist_ok=True)
        foreign = sorted(
            path.name
            for path in self.sync_output.iterdir()
            if path.suffix in {".csv", ".parquet", ".singer", ".jsonl"}
            and path != self.tap_output
            and not path.name.startswith("._")
        )
        if foreign:
            raise FolderError(
                f"{self.sync_output}: {', '.join(foreign)} was not written by this job and would be read as well; "
                "move it away, or load it with `optiply-sync replay`."
            )


def read_json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty file is an empty object. Raises FolderError with place and remedy."""
    try:
        return json_object(content, str(path), unique=True) if (content := _bytes(path)) else {}
    except FileError as error:
        raise FolderError(f"{error}; correct the file.") from error


def _bytes(path: Path) -> bytes:
    """A file's bytes, none where it holds nothing to read. Raises FolderError where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FolderError(f"{path} cannot be read ({error.strerror}); give this user the right to read it.") from error
    return content if without_mark(content).strip() else b""


def write_json(path: Path, value: object, *, mode: int | None = None) -> None:
    """Write JSON under a temporary name and rename it, so that nobody reads half a file; `mode` sets its rights."""
    replace_file(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode(), mode=mode)
