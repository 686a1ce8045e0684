"""What a report says where more than a row is concerned: what cannot be read whole, what Optiply keeps all the same."""

from typing import Any

import pandas as pd

from etl.core.columns import objects
from etl.core.flow import Run
from etl.core.values import id_or_none
from etl.inward.needed import known_to_optiply
from store.frames import find_records


def refuse_whole(run: Run[Any], entity: str, reason: str, key: str | None) -> None:
    """Counts a record that no row can be made of; key None: it has no id."""
    run.report.count(entity, "refused", 1)
    run.report.because(entity, "refused", reason, [key or "without id"])


def stays_or_goes(run: Run[Any], entity: str, rows: pd.DataFrame, key: str, reason: str) -> pd.DataFrame:
    """Of what is left out: what Optiply has stays as it is and is named with the `reason`; what waits is not sent.

    rows: the records by their column `key`, with why each is left_out; they get the column `removed`.
    """
    ids = objects(map(id_or_none, rows[key]), rows.index)
    out = rows["left_out"].notna() & ids.notna()
    stored = find_records(run.snapshot, entity, ids[out])
    kept = out & ids.isin(stored.loc[known_to_optiply(stored), "remote_id"])
    run.report.because(entity, "reported", reason, list(ids[kept]))
    goes, why = out & ~kept, rows["left_out"]
    return rows.assign(removed=why.where(goes, None), left_out=why.mask(goes, None))
