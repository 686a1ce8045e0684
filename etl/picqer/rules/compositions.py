"""Compositions as Optiply should have them: one row per composition and part."""

from typing import Any

import pandas as pd

from etl.core.columns import as_ids
from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import id_or_none
from etl.inward.parts import COLUMNS, part_rows, without_hidden
from etl.inward.telling import refuse_whole
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.products import COMPOSED, NOT_CREATED
from etl.picqer.work import PicqerWork
from store.frames import find_records


def gather_parts(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """Direct parts alone, since each composition is read by itself; a part that stands there twice is added up.

    The parts of one whose product nobody knows do not count yet. Where only one type of composition counts, parts that
    were read without their product stay as they were.
    """
    frame, types = work.frame("product_parts"), _types(work)
    cells: list[tuple[Any, ...]] = []
    wanted = set(run.config.composition_types)
    parents = {product for product, kind in types.items() if kind not in wanted}
    untold: list[str] = []
    known = _known(run, work, types) if wanted.issuperset(COMPOSED) else set(types)
    for raw, parts in zip(*(frame[name] for name in ("idproduct", "parts")), strict=True) if len(frame) else ():
        composition = id_or_none(raw)
        if composition is None or parts is None:
            refuse_whole(run, "productCompositions", "its parts cannot be read", composition)
            continue
        if composition not in known:
            untold.append(composition)
            continue
        counts = types.get(composition, COMPOSED[0]) in wanted
        named = [(id_or_none(part.idproduct), part.amount) for part in (parts if counts else ())]
        cells += part_rows(composition, named, "-")
        if all(part is not None for part, _ in named):
            parents.add(composition)
    run.report.count("productCompositions", "left_out", len(untold))
    run.report.because("productCompositions", "left_out", "its product was not read", untold)
    return Rows(pd.DataFrame(cells, columns=list(COLUMNS), dtype=object), parents)


def compositions(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """The rows that were gathered, without those of a composition that Optiply does not get."""
    return without_hidden(run, work.parts, NOT_CREATED)


def hidden_before(run: Run[PicqerFlags], work: PicqerWork) -> set[str]:
    """Compositions that were not read as products now, and that Optiply does not get as they were read before."""
    stored = find_records(run.snapshot, "products", set(work.parts.frame["part:composition"]) - _types(work).keys())
    return set(stored.loc[stored["held"].eq(NOT_CREATED), "remote_id"])


def _known(run: Run[PicqerFlags], work: PicqerWork, types: dict[str, Any]) -> set[str]:
    """The compositions whose product was read, now or before."""
    frame = work.frame("product_parts")
    found = set(as_ids(frame["idproduct"]).dropna()) - types.keys() if len(frame) else set()
    return types.keys() | set(find_records(run.snapshot, "products", found)["remote_id"])


def _types(work: PicqerWork) -> dict[str, Any]:
    frame = work.frame("products")
    pairs = zip(as_ids(frame["idproduct"]), frame["type"], strict=True) if len(frame) else ()
    return {product: kind for product, kind in pairs if product is not None and isinstance(kind, str) and kind}
