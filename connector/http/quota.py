"""A quota of requests a day: counted for each key, logins and repeats included, in what is kept between runs.

What was counted can only be too much, never too little: a request is counted before it leaves.
"""

from collections.abc import Callable
from datetime import datetime, timezone, tzinfo
from hashlib import sha256

from connector.errors import Spent
from connector.http.request import Counting
from connector.kept import Kept

REQUESTS = "requests"
DAYS_KEPT = 3
"""More than one, as two clocks may be on both sides of a midnight."""


class Quota:
    """Counts requests in the place of `counts`, which hears of each one, too; used from several threads at once.

    `limit` requests a calendar day of `zone`, of which `spare` are left to others of the same key. Which day it is says
    the other side, and this machine until its first answer.
    """

    def __init__(
        self,
        counts: Counting,
        kept: Kept,
        key: str,
        limit: int,
        zone: tzinfo,
        spare: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        """`key` is not kept, only a hash of it; `now` is the time there."""
        self.limit, self.spare = limit, spare
        self._counts, self._kept, self._zone, self._now = counts, kept, zone, now
        self._name = sha256(key.encode()).hexdigest()[:16]

    def used(self) -> int:
        """Requests of this day so far, of every program."""
        return _whole(self._kept.part(REQUESTS, self._name).get(self._day()))

    def left(self) -> int:
        """How many more may leave today."""
        return max(0, self.limit - self.spare - self.used())

    def forecast(self, expected: int) -> str | None:
        """What a person should know before so many requests are sent; None where they fit."""
        left = self.left()
        if expected <= left:
            return None
        return (
            f"A run takes about {expected:,} requests, as the last one did, and {left:,} of this day's {self.limit:,} "
            f"are left ({self.spare} are kept free): what counts most is read first, and the rest another day."
        )

    def count_request(self) -> None:
        """Counts one request.

        Raises:
            Spent: there is none left today; nothing was counted.
        """
        with self._kept.changing(REQUESTS, self._name) as days:
            day = self._day()
            number = _whole(days.get(day))
            if number >= self.limit - self.spare:
                raise Spent(f"the {self.limit:,} requests that a day allows are used up ({self.spare} are kept free)")
            others = sorted(other for other in days if other != day)
            for other in others[: 1 - DAYS_KEPT]:
                del days[other]
            days[day] = number + 1
        self._counts.count_request()

    def count_retry(self, cause: int | str) -> None:
        """One more attempt follows a failure of this cause."""
        self._counts.count_retry(cause)

    def _day(self) -> str:
        return self._now().astimezone(self._zone).date().isoformat()


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
