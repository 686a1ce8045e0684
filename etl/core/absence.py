"""Decides whether records that are proven gone may be taken out of use in one run. Pure."""

ALWAYS_ALLOWED = 5


def within_limit(vanished: int, enabled: int, share: float, allowed: int = 0) -> bool:
    """Whether `vanished` records of `enabled` ones are few enough to be believed.

    The limit is the greatest of 5, `share` of the enabled ones and what was allowed for this run. Those that the
    source had disabled before they went are in neither number; those of unknown status count as enabled.
    """
    return vanished <= max(ALWAYS_ALLOWED, share * enabled, allowed)
