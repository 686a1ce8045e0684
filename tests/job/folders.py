"""A job folder with invented runs, for tests that need no servers."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from job.run.history import STAMP
from job.systems import DEFAULT

START = datetime(2026, 1, 15, 8, 0, tzinfo=timezone.utc)
ZEROS = dict.fromkeys(
    ("read", "mapped", "unchanged", "created", "updated", "disabled", "deleted", "adopted", "waiting", "refused",
     "failed", "lost"), 0
)  # fmt: skip


def report(name: str, **counts: int) -> dict[str, Any]:
    """A report as a run writes it; counts are those of products."""
    products = {**ZEROS, "read": 60, "mapped": 58, **counts}
    return {
        "headline": "12 created; 3 waiting, 2 refused, 0 failed, 0 lost.",
        "run": name,
        "exit_code": 0,
        "entities": {"products": products, "productCompositions": {**ZEROS}, "sellOrders": {**ZEROS, "created": 4}},
        "steps": [
            {"name": "tap", "exit_code": 0, "seconds": 3.4, "requests": 41, "retries": {"429": 2}, "last_words": ""},
            {"name": "etl", "exit_code": 0, "seconds": 1.1, "requests": 0, "retries": {}, "last_words": ""},
            {"name": "target", "exit_code": 0, "seconds": 6.2, "requests": 90, "retries": {}, "last_words": ""},
        ],
        "streams": {"orders": {"records": 30, "requests": 9, "seconds": 2.2, "complete": True, "error": None}},
        "reasons": [
            {"stream": "products", "outcome": "refused", "reason": "a <b>name</b> is missing", "field": "name",
             "count": 2, "examples": ["17", "18"]},
        ],
        "notes": ["products: the saved bookmark is ahead of the snapshot; reading again from the older one."],
        "parts": list(DEFAULT.parts),
        "full": False,
        "seconds": 10.9,
        "totals": {"products": 55, "products_disabled": 3, "stock": 1234, "compositions": 4, "orders": 44,
                   "order_value": 1999.5},
        "unsettled": [
            {"stream": "products", "remoteId": "17", "status": "refused", "reason": "name is missing", "since": None},
            {"stream": "sellOrders", "remoteId": "9001", "status": "waiting",
             "reason": "waiting: product 4711 is not usable yet", "since": "2026-01-15T08:00:00Z"},
        ],
    }  # fmt: skip


def write_runs(runs: Path, reports: Iterable[dict[str, Any] | None]) -> None:
    """Runs half an hour apart; None stands for one that was stopped before its end."""
    for place, content in enumerate(reports):
        path = runs / (START + timedelta(minutes=30 * place)).strftime(STAMP)
        path.mkdir(parents=True)
        if content is not None:
            (path / "report.json").write_text(json.dumps({**content, "run": path.name}), encoding="utf-8")
