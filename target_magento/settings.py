"""The settings that say how a shop is written to, beside where it is and who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from singer_sdk import typing as th

from connector.names import PACKAGE
from connector.singer.settings import declared
from magento_api.settings import SIGN_IN

REACHING: list[th.Property[Any]] = declared(__file__, {setting.name: setting for setting in SIGN_IN}, package=PACKAGE)


def complete(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with the defaults of what it leaves out."""
    defaults = {one.name: one.default for one in REACHING if one.default is not None}
    given = {name: value for name, value in config.items() if value is not None}
    return {**defaults, "max_concurrency": READERS, **given}


READERS = 4
"""Most requests that read at once; one program writes at a time, one call after the other."""
PAGE = 300
"""Rows a page of orders and shipments."""
LISTED_PAGE = 900
"""Rows a page of products of which only id, SKU and type are asked for."""
LIGHT_PAGE = 5000
"""Rows a page of source items and stock items, which cost far less than a product."""
