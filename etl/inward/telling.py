"""What a report says where more than a row is concerned: what cannot be read whole, what Optiply keeps all the same."""

from collections.abc import Iterable
from typing import Any

from etl.core.flow import Run
from etl.inward.needed import known_to_optiply
from store.frames import find_records


def refuse_whole(run: Run[Any], entity: str, reason: str, key: str | None) -> None:
    """Counts a record that no row can be made of; key None: it has no id."""
    run.report.count(entity, "refused", 1)
    run.report.because(entity, "refused", reason, [key or "without id"])


def tell_kept(run: Run[Any], entity: str, reason: str, keys: Iterable[str | None]) -> None:
    """Names those of the records, which do not count any more, that Optiply has and keeps."""
    stored = find_records(run.snapshot, entity, [key for key in keys if key])
    run.report.because(entity, "reported", reason, list(stored.loc[known_to_optiply(stored), "remote_id"]))
