"""The parts of the shop a run may be limited to, and the catalogue that selects their streams."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import click

from job.schedule.rules import PARTS

STREAMS_OF: Mapping[str, tuple[str, ...]] = {
    "products": ("products",),
    "stock": ("product_stock_statuses", "product_item_stocks", "source_items", "sources"),
    "orders": ("orders",),
    "deletions": ("product_ids",),
}


def read_parts(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """The parts named on the command line, in their own order. Raises BadParameter with the nearest name."""
    if text is None:
        return None
    asked = [part.strip().lower() for part in text.split(",") if part.strip()]
    for part in asked or [""]:
        if part not in PARTS:
            near = difflib.get_close_matches(part, PARTS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise click.BadParameter(f"{part!r} is none of {', '.join(PARTS)}{hint}")
    return tuple(part for part in PARTS if part in asked)


def streams_of(parts: Sequence[str]) -> set[str]:
    """The tap's streams that belong to these parts."""
    return {stream for part in parts for stream in STREAMS_OF[part]}


def limited(catalog: Mapping[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    """The catalogue with the streams of all other parts deselected; what belongs to no part stays as it is."""
    left_out = streams_of(PARTS) - streams_of(parts)
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


def discovered(config: Mapping[str, Any]) -> dict[str, Any]:
    """The tap's own catalogue, found without the network."""
    from tap_magento.tap import TapMagento

    return dict(TapMagento(config=dict(config), validate_config=False).catalog_dict)
