"""Parts of composed products, one row per composition and part, for what a mapping table makes of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from etl.core.columns import as_flags, as_ids, nothing
from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import number_or_none
from etl.inward.needed import hidden, known_to_optiply
from store.frames import find_records

COLUMNS = ("part:pair", "part:composition", "part:product", "part:amount")


def part_rows(composition: str, parts: Iterable[tuple[str | None, Any]], between: str) -> list[tuple[Any, ...]]:
    """A row (COLUMNS) for each part of a composition; one that stands there twice is added up, None is unreadable."""
    amounts: dict[str | None, list[Any]] = {}
    for part, amount in parts:
        amounts.setdefault(part, []).append(amount)
    return [
        (f"{composition}{between}{part or 'unreadable'}", composition, part, summed(each))
        for part, each in amounts.items()
    ]


def without_hidden(run: Run[Any], parts: Rows, reason: str) -> Rows:
    """The rows without those of a composition that Optiply does not get, as it is held for this reason."""
    rows = parts.frame
    if rows.empty:
        return parts
    left_out = rows["left_out"].copy() if "left_out" in rows else nothing(rows.index)
    left_out[hidden(run, rows["part:composition"], reason)] = f"its composition is {reason}"
    return Rows(rows.assign(left_out=left_out), parts.parents)


def needed_parts(run: Run[Any], parts: Rows, inactive: set[str], needed: set[str]) -> set[str]:
    """The parts of compositions that Optiply has or gets: of those that are active, known or themselves `needed`."""
    rows = parts.frame
    if "left_out" in rows:
        rows = rows[rows["left_out"].isna()]
    if rows.empty:
        return set()
    stored = find_records(run.snapshot, "products", rows["part:composition"])
    hides = inactive - set(stored.loc[known_to_optiply(stored), "remote_id"])
    found: set[str] = set()
    while True:
        comes = ~rows["part:composition"].isin(hides - needed - found)
        now = set(rows.loc[comes, "part:product"].dropna())
        if now == found:
            return found
        found = now


def inactive_products(frame: Any, key: str) -> set[str]:  # noqa: ANN401 - a frame
    """The ids of the products that are not active, of those that were read."""
    return set(as_ids(frame[key])[as_flags(frame["active"]).eq(False)].dropna()) if len(frame) else set()


def summed(amounts: Sequence[Any]) -> Any:  # noqa: ANN401 - an amount that is none is refused with its value
    """What a part comes to that stands in a composition several times."""
    if len(amounts) == 1:
        return amounts[0]
    numbers = [number_or_none(amount) for amount in amounts]
    odd = next((amount for amount, known in zip(amounts, numbers, strict=True) if known is None), None)
    return sum(known for known in numbers if known is not None) if None not in numbers else odd
