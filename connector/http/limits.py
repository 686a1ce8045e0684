"""The largest pages that a server allows, as its refusals tell them."""

import logging


class RowLimits:
    """What is known by now; `per_path`: each list has a limit of its own, else all have the same."""

    def __init__(self, name: str, log: logging.Logger, *, per_path: bool = False) -> None:
        """`name` is whose limits they are."""
        self._name, self._log, self._per_path = name, log, per_path
        self.known: dict[str, int] = {}

    def of(self, path: str) -> int | None:
        """The largest page of a list, where it is known."""
        return self.known.get(self._key(path))

    def learn(self, path: str, limit: int | None, asked: int) -> bool:
        """Takes in what a refusal tells; False where that is no less than what was asked for."""
        if limit is None or limit >= asked:
            return False
        key = self._key(path)
        self.known[key] = min(limit, self.known.get(key, limit))
        self._log.info("%s allows %d rows a page: asking for that many from now on.", self._name, limit)
        return True

    def _key(self, path: str) -> str:
        return path if self._per_path else ""
