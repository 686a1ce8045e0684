"""Remote id -> the destination's id, per entity: from the snapshot, older id maps and this run's answers."""

import csv
import glob
import io
from collections.abc import Callable
from pathlib import Path

from connector.files import replace_file
from connector.values import Unfit, id_text
from vocabulary.entity import folded


class IdMap:
    """The ids known now; a resource is loaded from the snapshot when it is first asked for."""

    def __init__(self, load: Callable[[str], dict[str, str]]) -> None:
        """`load` gives the snapshot's ids of a resource."""
        self._load = load
        self._known: dict[str, dict[str, str]] = {}
        self._owners: dict[str, dict[str, str]] = {}

    def of(self, resource: str) -> dict[str, str]:
        """All known ids of a resource."""
        if resource not in self._known:
            self._known[resource] = self._load(resource)
            self._owners[resource] = {found: remote_id for remote_id, found in self._known[resource].items()}
        return self._known[resource]

    def get(self, resource: str, remote_id: str) -> str | None:
        """The destination's id, or None."""
        return self.of(resource).get(remote_id)

    def learn(self, resource: str, remote_id: str, object_id: str) -> None:
        """Notes an id that the destination gave or that was adopted, and that no other record has."""
        known = self.of(resource)
        before = known.get(remote_id)
        if before is not None and before != object_id:
            self._owners[resource].pop(before, None)
        known[remote_id] = object_id
        self._owners[resource][object_id] = remote_id

    def forget(self, resource: str, remote_id: str) -> None:
        """The object is gone."""
        object_id = self.of(resource).pop(remote_id, None)
        if object_id is not None:
            self._owners[resource].pop(object_id, None)

    def owner(self, resource: str, object_id: str) -> str | None:
        """The remote id of the record that the object belongs to, or None."""
        self.of(resource)
        return self._owners[resource].get(object_id)

    def knows(self, resource: str, object_id: str) -> bool:
        """Whether the object belongs to a record we know."""
        return self.owner(resource, object_id) is not None


def id_map_file(directory: Path, stream: str, flow: str) -> Path:
    """Where HotGlue keeps the id map of a stream, named as the flow names the stream: columns InputId and RemoteId."""
    return directory / f"{stream}_{flow}.snapshot.csv"


def read_id_maps(directory: Path, resource: str, flow: str) -> dict[str, str]:
    """Remote id -> id of HotGlue's id maps of a resource, however the flow spells it; empty when none is there.

    Of two spellings the file written last counts. An id that a second record claims stays with the first.
    """
    ending = id_map_file(directory, "", flow).name
    files = [Path(name) for name in glob.glob(f"*{glob.escape(ending)}", root_dir=directory)]
    ids: dict[str, str] = {}
    taken: dict[str, str] = {}
    own = [directory / file for file in files if folded(file.name.removesuffix(ending)) == folded(resource)]
    for path in sorted(own, key=lambda path: path.stat().st_mtime):
        with path.open(newline="", encoding="utf-8-sig") as opened:
            for row in csv.DictReader(opened):
                try:
                    remote_id, object_id = id_text(row.get("InputId")), id_text(row.get("RemoteId"))
                except Unfit:
                    continue  # a row of another shape says nothing
                if taken.setdefault(object_id, remote_id) == remote_id:
                    ids[remote_id] = object_id
    return ids


def write_id_map(path: Path, ids: dict[str, str]) -> None:
    """Replaces a HotGlue id map as a whole."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("InputId", "RemoteId"))
    writer.writerows(sorted(ids.items()))
    replace_file(path, text.getvalue().encode())
