"""Decides whether products that are proven gone may be disabled in one run. Pure."""

from __future__ import annotations

ALWAYS_ALLOWED = 5


def within_limit(vanished: int, enabled: int, share: float, allowed: int = 0) -> bool:
    """Whether `vanished` products of `enabled` ones are few enough to be believed.

    The limit is the greatest of 5 products, `share` of the enabled ones and what was allowed for this run. Products
    that Magento had disabled before they went are in neither number; those of unknown status count as enabled.
    """
    return vanished <= max(ALWAYS_ALLOWED, share * enabled, allowed)
