"""The work of one run: the records that were read, and what one step hands on to the next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from etl.core.columns import as_ids
from etl.core.flow import Run
from etl.core.records import Records, Rows
from etl.picqer.flags import PicqerFlags
from store.frames import find_records


class PicqerWork(Records):
    """The columns of each stream; the steps fill the attributes, in this order.

    Attributes:
        counted: ids of the warehouses whose stock counts; None: all (steps.check_warehouses).
        sales, parts, purchases, purchase_lines: the rows of sell orders, compositions and purchase orders, which say
            which products are needed (steps.gather).
        needed: ids of the products that one of them names.
    """

    counted: frozenset[str] | None
    sales: Rows
    parts: Rows
    purchases: Rows
    purchase_lines: Rows
    needed: frozenset[str]

    def __init__(self, run: Run[PicqerFlags]) -> None:
        """Nothing is read yet."""
        super().__init__(run)
        self._snapshot = run.snapshot

    def prices(self, product_ids: Iterable[str]) -> dict[str, Any]:
        """Sales prices of products: as read now, else as they were read last."""
        frame = self.frame("products")
        found: dict[str, Any] = {}
        if len(frame):
            found = {key: value for key, value in zip(as_ids(frame["idproduct"]), frame["price"], strict=True) if key}
        older = {one for one in product_ids if one is not None and one not in found}
        stored = find_records(self._snapshot, "products", older)
        for remote_id, text in zip(stored["remote_id"], stored["wanted"], strict=True):
            found[remote_id] = None if text is None else msgspec.json.decode(text).get("price")
        return found
