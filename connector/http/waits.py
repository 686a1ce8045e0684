"""How long to wait before a request is repeated: the one formula for requests, logins and the pace of all workers."""

import random
from collections.abc import Iterator

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


def waits(first: float | None = None, longest: float = LONGEST_SECONDS) -> Iterator[float]:
    """Seconds before each next attempt: `first` (FIRST_SECONDS) doubled each time, with jitter downwards."""
    import backoff  # brings asyncio, which most runs, in which nothing fails, do without

    growing = backoff.expo(factor=FIRST_SECONDS if first is None else first, max_value=longest)
    next(growing)  # yields nothing of use before the first wait
    for seconds in growing:
        yield seconds * random.uniform(0.5, 1.0)
