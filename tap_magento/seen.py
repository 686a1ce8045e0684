"""What the last reading of stock in bulk found, kept between runs so that the next one need ask only for what moved.

It is a note and nothing more: without it, or where it does not fit, all stock is read.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from connector.files import replace_file
from connector.kept import kept_folder
from connector.times import as_utc_text

FILE = "magento-stock.json"
LAYOUT = 1


class Exported(msgspec.Struct, array_like=True, frozen=True):
    """What the export says of a SKU: its salable quantity, as the shop wrote it, and whether it can be bought."""

    qty: int | float | str | None
    is_salable: bool


class SeenProduct(msgspec.Struct, array_like=True, frozen=True):
    """A product as it was seen; `exported` is None for one that the export lacks.

    `fingerprint` stands for its stock item and its source items; None: it was asked singly, and is to be each time.
    `moved`: when it was last asked for because it might have moved (naive UTC text), empty if never.
    """

    id: int
    sku: str
    status: int | None
    type_id: str | None
    fingerprint: str | None
    exported: Exported | None
    moved: str


class Seen(msgspec.Struct, frozen=True):
    """A reading of all stock: of which shop (`place`) and `stock`, and when it `began` by the shop's clock.

    `elsewhere`: the status of some disabled products in the admin's values, by id.
    """

    layout: int
    place: str
    stock: str
    began: str
    products: list[SeenProduct]
    elsewhere: dict[int, int]


class SeenFile:
    """The file of one folder."""

    def __init__(self, path: Path) -> None:
        """Neither reads nor writes yet."""
        self.path = path

    def read(self) -> Seen | None:
        """What it holds; None where it is not there, cannot be read, is damaged or of another layout."""
        try:
            seen = msgspec.json.decode(self.path.read_bytes(), type=Seen)
            usable = seen.layout == LAYOUT and as_utc_text(seen.began) == seen.began
        except (OSError, ValueError, RecursionError):
            return None
        return seen if usable else None

    def write(self, seen: Seen) -> None:
        """Puts this in place of what it held. Raises OSError: it cannot be written."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, msgspec.json.encode(seen), mode=0o600)


def seen_file(config: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> SeenFile | None:
    """The file of a run in a job's folder; None where nobody said that anything lasts."""
    if config.get("snapshot_dir") or environment.get("SNAPSHOT_DIR") or environment.get("ROOT_DIR"):
        return SeenFile(kept_folder(config, environment) / FILE)
    return None
