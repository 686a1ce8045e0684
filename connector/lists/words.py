"""How sentences for people speak of the system that is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Parts of sentences, without a full stop.

    `who` the system is ("the shop"); `expert`: whom to ask, as a sentence; `log`: where its own account of a failure
    stands; `check`: which settings may be wrong; `total`: the name of its count of rows (None: it does not count);
    `name` and `oldest`: no moment of it is older than this one (naive UTC text).
    """

    who: str
    expert: str
    log: str
    check: str
    total: str | None
    name: str
    oldest: str

    @property
    def asking(self) -> str:
        """Whom to ask, for the end of a sentence."""
        return self.expert[:1].lower() + self.expert[1:]

    @property
    def at_first(self) -> str:
        """Who the system is, at the beginning of a sentence."""
        return self.who[:1].upper() + self.who[1:]
