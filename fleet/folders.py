"""Which files of a job folder are its configuration, and how they become a folder again."""

import re
from collections.abc import Iterator
from pathlib import Path

from connector.files import replace_file
from fleet.errors import FleetError
from fleet.vault import Files
from job.folder import JobFolder

MOST_BYTES = 4_000_000
_NAME = re.compile("[a-z][a-z0-9_]{0,37}", re.ASCII)


def tenant_name(text: str) -> str:
    """A folder's name as a tenant is called: small letters, digits and _. Raises FleetError where none is left."""
    name = re.sub("[^a-z0-9]+", "_", text.lower()).strip("_")
    if not _NAME.fullmatch(name):
        raise FleetError(
            f"{text!r} cannot be a tenant's name; give one with --name: small letters, digits and _, at most 38, a "
            "letter first."
        )
    return name


def gather(folder: JobFolder) -> dict[str, bytes]:
    """The folder's configuration files. Raises FleetError where they are too large to be that."""
    files = {path.relative_to(folder.root).as_posix(): path.read_bytes() for path in _configuration(folder)}
    if sum(map(len, files.values())) > MOST_BYTES:
        largest = max(files, key=lambda name: len(files[name]))
        raise FleetError(
            f"{folder.root} holds {sum(map(len, files.values()))} bytes beside what runs leave there, more than a "
            f"configuration needs; move other files away, first of all {largest}."
        )
    return files


def lay_out(files: Files, root: Path) -> JobFolder:
    """Writes the files into a folder, for its owner's eyes only."""
    for name, content in files.items():
        replace_file(root / name, content, mode=0o600)
    return JobFolder(root)


def _configuration(folder: JobFolder) -> Iterator[Path]:
    made = {folder.state, folder.results, folder.sync_output, folder.etl_output.parent, folder.snapshots}
    made |= {folder.outward, folder.runs}
    for path in sorted(folder.root.rglob("*")):
        inside = path.relative_to(folder.root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and made.isdisjoint({path, folder.root / inside.parts[0]}):
            yield path
