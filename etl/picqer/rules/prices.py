"""What a product costs where the line of an order says nothing: its price in Optiply, by the mapping table.

Of a product that nobody knows yet the price is unknown and no 0: the order is kept, and worked out anew in every run
until the product is known.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
import pandas as pd

from etl.core.columns import as_ids
from etl.core.flow import Run
from etl.core.kept import kept, waiting_ids
from etl.core.mapping import apply_rules
from etl.core.values import id_or_none
from etl.inward.columns import own_columns
from etl.picqer.fields import OWN_FIELD
from etl.picqer.flags import PicqerFlags
from etl.picqer.shapes import STREAMS, ProductField
from etl.picqer.work import PicqerWork
from store.frames import find_records

NO_PRICE = "neither a line nor its product has a price: it counts as 0"
_KEPT = {"purchase_orders": "idpurchaseorder", "orders": "idorder"}
"""Streams whose records are kept -> their ids."""


def prices_of(run: Run[PicqerFlags], work: PicqerWork, product_ids: Iterable[str]) -> dict[str, Any]:
    """Prices of products: as read now, else as they were read last; mapped both, so that it makes no difference."""
    rules = [rule for rule in run.field_map["products"] if rule.field == "price"]
    frame = with_own_fields(run, work.frame("products"))
    found: dict[str, Any] = {}
    if len(frame) and rules:
        mapped = apply_rules(rules, {rule.source: frame[rule.source] for rule in rules}).values["price"]
        known = mapped.where(mapped.notna(), None)
        found = {key: value for key, value in zip(as_ids(frame["idproduct"]), known, strict=True) if key}
    older = {one for one in product_ids if one not in found}
    stored = find_records(run.snapshot, "products", older)
    for remote_id, text in zip(stored["remote_id"], stored["wanted"], strict=True):
        found[remote_id] = None if text is None else msgspec.json.decode(text).get("price")
    return found


def bring_back(run: Run[PicqerFlags], work: PicqerWork) -> None:
    """Adds the orders that were kept to those that were read, unless they were read again or went without the line."""
    for stream, key in _KEPT.items():
        again = {id_or_none(getattr(one, key)) for one in work.records(stream)}
        found = [one for one in kept(run.snapshot, STREAMS.named(stream)) if id_or_none(getattr(one, key)) not in again]
        if found and stream == "orders":
            waiting = waiting_ids(run.snapshot, "sellOrders")
            found = [one for one in found if id_or_none(one.idorder) in waiting]
        work.take(stream, found)


def with_own_fields(run: Run[PicqerFlags], frame: pd.DataFrame) -> pd.DataFrame:
    """Products with the account's own fields that the mapping table names as columns."""
    if frame.empty:
        return frame
    return frame.assign(**own_columns(run, frame, "productfields", OWN_FIELD, _is_named))


def _is_named(field: ProductField, name: str) -> bool:
    """One of the account's own fields goes by its title or its id."""
    return name in (field.title, id_or_none(field.idproductfield))
