"""Decides whether products that two complete listings lacked may be disabled in this run. Pure."""

from __future__ import annotations

import pandas as pd

ALWAYS_ALLOWED = 5


def within_limit(proven: pd.DataFrame, counts: pd.DataFrame, share: float, allowed: int = 0) -> bool:
    """Whether the products proven gone (product_id, status) are few enough to be believed.

    `counts`: status, gone, products. The limit is the greatest of 5 products, `share` of the enabled ones and what was
    allowed for this run; products that Magento had disabled before they went do not count against it.
    """
    enabled = int(counts.loc[(counts["status"] == "1") & ~counts["gone"].astype(bool), "products"].sum())
    return int((proven["status"] == "1").sum()) <= max(ALWAYS_ALLOWED, share * enabled, allowed)
