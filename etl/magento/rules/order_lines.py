"""From the rows of Magento orders to what was sold: a parent and its children are one sale. Pure."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from etl.core.cents import MOST_LINE_MONEY, ten_thousandths, to_cents

Ints = npt.NDArray[np.int64]
_SAFE_FACTOR = 3_000_000_000  # the product of two smaller numbers fits in 64 bits
LINE_COLUMNS = ("order", "product_id", "units", "money", "item_id")


def counted_lines(rows: pd.DataFrame) -> pd.DataFrame:
    """Order rows → one line per order and product.

    Rows: order (int, which order), item_id and parent_item_id (int, parent -1 for none), product_id (text or None),
    units (float), money (float, Magento's base_row_total), carries (bool: has money of its own, were it not
    discounted), kit (bool: a fixed kit whose composition is kept).
    Lines: `LINE_COLUMNS` with money in whole cents and the lowest item id, in order of order and item id.

    A parent's money counts only where none of its children carries money. The units of a parent go to its children,
    and so does its money, split by units with the remaining cents on the lowest item id; a fixed kit is sold as itself.
    """
    rows = _in_order(rows)
    parent = _parent_positions(rows)
    is_child = parent >= 0
    if not is_child.any():
        return summed(rows)
    size = len(rows)
    money = ten_thousandths(rows["money"], MOST_LINE_MONEY)
    of_children = np.zeros(size, dtype="int64")
    np.add.at(of_children, parent[is_child], money[is_child])
    carries = np.zeros(size, dtype=bool)
    np.logical_or.at(carries, parent[is_child], rows["carries"].to_numpy(bool)[is_child])
    is_parent = np.zeros(size, dtype=bool)
    is_parent[parent[is_child]] = True

    as_itself = rows["kit"].to_numpy(bool) & is_parent
    own = np.where(as_itself & carries, of_children, money)
    receives = is_child & ~as_itself[parent]
    gives = is_parent & ~as_itself & ~carries
    own += _shares(rows, parent, receives & gives[parent], money)
    kept = (~is_parent | as_itself) & (~is_child | receives)
    return summed(rows[kept].assign(money=own[kept] / 10_000))


def parents(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that have children, as order and product_id (text): what they sell depends on what the product is."""
    rows = _in_order(rows)
    position = _parent_positions(rows)
    named = rows.iloc[np.unique(position[position >= 0])]
    return named.loc[named["product_id"].notna(), ["order", "product_id"]]


def summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that each count → one line per order and product; the lines of an order add up to its rows to the cent."""
    exact = rows[["order", "product_id", "item_id"]].assign(
        units=ten_thousandths(rows["units"]), money=ten_thousandths(rows["money"], MOST_LINE_MONEY)
    )
    grouped = exact.groupby(["order", "product_id"], sort=False, dropna=False, as_index=False)
    if exact.duplicated(["order", "product_id"]).any():
        exact = grouped.agg(item_id=("item_id", "min"), units=("units", "sum"), money=("money", "sum"))
    cents = to_cents(exact["money"] / 10_000).astype("int64")
    if (exact["money"] % 100 != 0).any():
        target = to_cents(exact.groupby("order")["money"].sum() / 10_000).astype("int64")
        rest = target - cents.groupby(exact["order"]).sum()
        first = ~exact.sort_values(["order", "item_id"]).duplicated("order").reindex(exact.index)
        cents += exact["order"].map(rest).where(first, 0)
    lines = exact.assign(units=exact["units"] / 10_000, money=cents)
    return _in_order(lines[list(LINE_COLUMNS)])


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by order and item id; equal ones stay as they come."""
    return rows.iloc[np.lexsort((rows["item_id"], rows["order"]))].reset_index(drop=True)


def _parent_positions(rows: pd.DataFrame) -> Ints:
    """Position of each row's parent within `rows`, -1 for none; a parent that the order lacks is none."""
    parent_id = rows["parent_item_id"].to_numpy("int64")
    positions = np.full(len(rows), -1, dtype="int64")
    asking = np.flatnonzero(parent_id >= 0)
    if not len(asking):
        return positions
    keys = pd.MultiIndex.from_arrays([rows["order"], rows["item_id"]])
    first = keys.duplicated()
    known = pd.Series(np.flatnonzero(~first), index=keys[~first])
    wanted = pd.MultiIndex.from_arrays([rows["order"].to_numpy()[asking], parent_id[asking]])
    found = known.reindex(wanted).fillna(-1).to_numpy("int64")
    positions[asking] = np.where(found == asking, -1, found)
    # Magento nests one level; a parent that has a parent itself is taken as a parent only.
    above = np.zeros(len(rows), dtype=bool)
    above[positions[positions >= 0]] = True
    positions[above] = -1
    return positions


def _shares(rows: pd.DataFrame, parent: Ints, receives: npt.NDArray[np.bool_], money: Ints) -> Ints:
    """Ten-thousandths each row receives of its parent's money, split in whole cents by units."""
    shares = np.zeros(len(rows), dtype="int64")
    at = np.flatnonzero(receives)
    if not len(at):
        return shares
    frame = pd.DataFrame({"parent": parent[at], "weight": ten_thousandths(rows["units"])[at].clip(min=0)})
    by_parent = frame.groupby("parent")
    total = by_parent["weight"].transform("sum").to_numpy("int64")
    cents = to_cents(pd.Series(money[frame["parent"]] / 10_000)).to_numpy("int64")
    safe = np.maximum(total, 1)
    whole, part = np.divmod(cents, safe)
    weight = frame["weight"].to_numpy("int64" if safe.max() < _SAFE_FACTOR else object)
    share = np.asarray(whole * weight + part * weight // safe, dtype="int64")
    share = np.where(total > 0, share, 0)
    given = pd.Series(share).groupby(frame["parent"]).transform("sum").to_numpy("int64")
    # Rows come in order of item id: the first child of a parent has the lowest.
    first = ~frame["parent"].duplicated().to_numpy()
    shares[at] = (share + np.where(first, cents - given, 0)) * 100
    return shares
