"""The parts of the shop a run may be limited to, and the catalogue that selects their streams."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from connector.settings import did_you_mean
from job.folder import JobFolder, read_json_object, write_json
from job.systems.system import System


def read_parts(system: System, text: str | None) -> tuple[str, ...]:
    """The parts named on the command line, in their own order, all without any. Raises BadParameter, nearest named."""
    if text is None:
        return tuple(system.parts)
    asked = [part.strip().lower() for part in text.split(",") if part.strip()]
    for part in asked or [""]:
        if part not in system.parts:
            hint = did_you_mean(part, system.parts).replace("'", "")
            says = f"{part!r} is none of {', '.join(system.parts)}{hint and f'; {hint}'}"
            raise click.BadParameter(says, ctx=click.get_current_context(), param_hint="'--only'")
    return tuple(part for part in system.parts if part in asked)


def catalog_for(folder: JobFolder, system: System, parts: Sequence[str], run_dir: Path) -> Path | None:
    """The folder's own catalogue or what the flow reads, limited to the parts; None leaves the choice to the tap."""
    own = folder.catalog if folder.catalog.exists() else None
    if tuple(parts) == tuple(system.parts) and (own or system.reads is None):
        return own
    everything = read_json_object(own) if own else system.catalog(read_json_object(folder.config))
    path = run_dir / "catalog.json"
    write_json(path, limited(everything, system, parts))
    return path


def limited(catalog: Mapping[str, Any], system: System, parts: Sequence[str]) -> dict[str, Any]:
    """The catalogue with the streams of all other parts deselected; what belongs to no part stays as it is."""
    left_out = system.streams_of(system.parts) - system.streams_of(parts)
    streams = [
        _deselected(stream) if stream.get("tap_stream_id", stream.get("stream")) in left_out else stream
        for stream in catalog.get("streams", [])
    ]
    return {**catalog, "streams": streams}


def _deselected(stream: Mapping[str, Any]) -> dict[str, Any]:
    entries = [*stream.get("metadata", [])]
    at = next((place for place, entry in enumerate(entries) if not entry.get("breadcrumb")), None)
    if at is None:
        entries.append({"breadcrumb": [], "metadata": {"selected": False}})
    else:
        entries[at] = {**entries[at], "metadata": {**entries[at]["metadata"], "selected": False}}
    return {**stream, "metadata": entries}
