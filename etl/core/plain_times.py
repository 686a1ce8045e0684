"""Reads columns of times that are all written the usual way, at once."""

from typing import Any

import numpy as np

from connector.values import FIRST_YEAR, LAST_YEAR

_TIME = np.frombuffer(b"0000-00-00 00:00:00Z\n", dtype=np.uint8)
_FIGURES = ord("0") == _TIME
_FIRST, _END = np.datetime64(f"{FIRST_YEAR}"), np.datetime64(f"{LAST_YEAR + 1}")


def plain_times(cells: list[Any]) -> list[str] | None:
    """The times with their zone where each cell is `YYYY-MM-DD HH:MM:SS` and in the calendar; else None."""
    try:
        lines = "Z\n".join(cells) + "Z\n"
        characters = np.frombuffer(lines.encode("ascii"), dtype=np.uint8)
        if len(characters) != len(_TIME) * len(cells):
            return None
        rows = characters.reshape(-1, len(_TIME))
        if (rows[:, _FIGURES] - _TIME[_FIGURES] > 9).any() or (rows[:, ~_FIGURES] != _TIME[~_FIGURES]).any():
            return None
        # It knows no 30 February and no 24:00.
        seconds = np.array(cells, dtype="datetime64[s]")
    except (TypeError, ValueError):
        return None
    if (seconds < _FIRST).any() or (seconds >= _END).any():
        return None
    return lines.replace(" ", "T").split("\n")[:-1]
