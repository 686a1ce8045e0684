"""Products that are inactive and unknown to Optiply: they are created after all once something names them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
import pandas as pd

from etl.core.columns import nothing, objects
from etl.core.flow import Run
from etl.core.references import WAITING
from store.frames import find_records, read_records, write_wanted
from vocabulary.optiply import PRODUCTS

_NAMING_PRODUCTS = {
    "sellOrders": ("sellOrders", ""),
    "buyOrderLines": ("buyOrders", "buyOrderRemoteId"),
    "productCompositions": ("productCompositions", "composedProductRemoteId"),
}
"""Streams whose records name products → the entity that is synced for it, and the attribute that names their parent."""


_INACTIVE = PRODUCTS.removal or {}


def known_to_optiply(stored: pd.DataFrame) -> pd.Series[Any]:
    """Of stored records, which Optiply has or may have."""
    return stored["id"].notna() | stored["acknowledged"].notna() | stored["announced"].notna()


def held_products(
    run: Run[Any], rows: pd.DataFrame, needed: Collection[str], reasons: tuple[str, str]
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Why a product is not created now, or None, and which keep the stock they had. `rows`: id, stock, active (True).

    Those are the ones that Optiply has, and those whose stock was read before. reasons: for what is inactive and nobody
    needs, and for what is of unknown stock.
    """
    stored = find_records(run.snapshot, "products", rows["id"].dropna())
    known = rows["id"].isin(stored.loc[known_to_optiply(stored), "remote_id"])
    held = nothing(rows.index)
    read_before = rows["id"].isin(stored.loc[stored["wanted"].map(_has_stock), "remote_id"])
    held[~known & rows["stock"].isna() & ~read_before] = reasons[1]
    held[~known & rows["active"].eq(False) & ~rows["id"].isin(needed)] = reasons[0]
    return held, known | read_before


def _has_stock(picture: str | None) -> bool:
    return picture is not None and "stockLevel" in msgspec.json.decode(picture)


def hidden(run: Run[Any], product_ids: pd.Series[Any], reason: str) -> pd.Series[Any]:
    """Which of these products are held for this reason, so that what belongs to them does not count either."""
    stored = find_records(run.snapshot, "products", product_ids.dropna())
    return product_ids.isin(stored.loc[stored["held"].eq(reason), "remote_id"])


def release_needed(run: Run[Any], needed: Collection[str], reasons: tuple[str, str]) -> None:
    """A product that was inactive and unknown when it was read is created after all; reasons as in held_products.

    One that was released, that Optiply did not take and that nothing needs any more, is held again.
    """
    found = find_records(run.snapshot, "products", needed)
    found = found[found["held"].eq(reasons[0])]
    levelled = any(rule.field == "stockLevel" for rule in run.field_map["products"])
    without = [levelled and "stockLevel" not in msgspec.json.decode(text) for text in found["wanted"]]
    held = objects([reasons[1] if each else None for each in without], found.index)
    again = _released_before(run, needed).assign(held=reasons[0])
    both = pd.concat([found[["remote_id", "wanted"]].assign(held=held), again], ignore_index=True)
    write_wanted(run.snapshot, "products", both, run.at.isoformat())


def _released_before(run: Run[Any], needed: Collection[str]) -> pd.DataFrame:
    """The inactive products that are offered, unknown to Optiply and not needed: remote_id, wanted."""
    frames = [pd.DataFrame(columns=["remote_id", "wanted"], dtype=object)]
    for stored in read_records(run.snapshot, "products", "open"):
        idle = stored["held"].isna() & ~known_to_optiply(stored) & ~stored["remote_id"].isin(needed)
        inactive = [text is not None and _INACTIVE.items() <= msgspec.json.decode(text).items()
                    for text in stored.loc[idle, "wanted"]]  # fmt: skip
        frames.append(stored.loc[idle, ["remote_id", "wanted"]][inactive])
    return pd.concat(frames, ignore_index=True)


def needed_products(
    run: Run[Any], named: Mapping[str, set[str]], again: Mapping[str, Collection[str]] | None = None
) -> set[str]:
    """The products that are named by what is synced: `named` by this run (entity → products), others by earlier ones.

    Those of earlier runs are of records that wait, or that Optiply has not taken yet. `again`: entity → what this run
    read of it, orders and compositions by their remote ids: what earlier runs read of them needs nothing any more.
    """
    found: set[str] = set(_waited_for(run, again or {}))
    return found.union(*(products for entity, products in named.items() if run.config.syncs(entity)))


def _waited_for(run: Run[Any], again: Mapping[str, Collection[str]]) -> Iterator[str]:
    for stream, (entity, parent) in _NAMING_PRODUCTS.items():
        read = frozenset(again.get(entity, ()))
        for frame in read_records(run.snapshot, stream, "open") if run.config.syncs(entity) else ():
            waiting = frame["held"].astype(object).str.startswith(WAITING).eq(True)
            due = (waiting | (frame["held"].isna() & frame["id"].isna())) & frame["wanted"].notna()
            for own, text in zip(frame.loc[due, "remote_id"], frame.loc[due, "wanted"], strict=True):
                picture = msgspec.json.decode(text)
                if (picture.get(parent) if parent else own) in read:
                    continue
                for each in (picture, *(picture.get("orderLines") or ())):
                    yield from (each[name] for name in ("productRemoteId", "partProductRemoteId") if each.get(name))
