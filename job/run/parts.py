"""The parts of the shop a run may be limited to, and the catalogue that selects their streams."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import click

from connector.settings import did_you_mean
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


def limited(catalog: Mapping[str, Any], system: System, parts: Sequence[str]) -> dict[str, Any]:
    """The catalogue with the streams of all other parts deselected; what belongs to no part stays as it is."""
    left_out = system.streams_of(system.parts) - system.streams_of(parts)
    result = copy.deepcopy(dict(catalog))
    for stream in result.get("streams", []):
        if stream.get("tap_stream_id", stream.get("stream")) in left_out:
            _deselect(stream)
    return result


def _deselect(stream: dict[str, Any]) -> None:
    entries = stream.setdefault("metadata", [])
    for entry in entries:
        if not entry.get("breadcrumb"):
            entry["metadata"]["selected"] = False
            return
    entries.append({"breadcrumb": [], "metadata": {"selected": False}})
