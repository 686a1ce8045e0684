"""Catalogues of a tap with a choice of its streams; what a tap discovers is asked for once, as it asks nobody."""

import json
from typing import Any

from connector.singer.tap import SourceTap

_DISCOVERED: dict[type[SourceTap], str] = {}


def selecting(names: tuple[str, ...], tap: type[SourceTap], config: dict[str, Any]) -> dict[str, Any]:
    """A catalogue that selects exactly these streams."""
    if tap not in _DISCOVERED:
        _DISCOVERED[tap] = tap(config=config).catalog_json_text
    catalog: dict[str, Any] = json.loads(_DISCOVERED[tap])
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] in names
    return catalog
