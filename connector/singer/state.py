"""What a state holds: the bookmarks, however it was wrapped on its way here."""

from typing import Any

from connector.errors import RunError
from connector.words import printable

_OUR_OWN = {"bookmarks", "run_id"}
_REMEDY = "Correct the file given with --state, or leave it out for a full read."


def bookmarks_in(state: object) -> dict[str, dict[str, Any]]:
    """The bookmarks of a state: as the tap writes it, as a whole STATE line, or as Meltano wraps it (singer_state).

    What a stream keeps there is passed on as it is.

    Raises RunError: it is something else; taking it for an empty state would read everything again without a word.
    """
    inner = unwrapped(state)
    bookmarks = inner.get("bookmarks")
    if bookmarks is None:
        if others := sorted(map(str, inner.keys() - _OUR_OWN)):
            raise RunError(
                f"The state cannot be used: it holds {_shown(', '.join(others[:5]))}, but no 'bookmarks' with one "
                f"object per stream. {_REMEDY}"
            )
        return {}
    if not isinstance(bookmarks, dict):
        raise RunError(f"The state cannot be used: its 'bookmarks' must hold one object per stream. {_REMEDY}")
    for stream, entry in bookmarks.items():
        if not isinstance(entry, dict):
            raise RunError(f"The state cannot be used: its bookmark of '{_shown(stream)}' is not an object. {_REMEDY}")
    return bookmarks


def unwrapped(state: object) -> dict[str, Any]:
    """A state without the message or the wrapping of Meltano around it. Raises RunError when it is no state."""
    while isinstance(state, dict) and "bookmarks" not in state:
        if state.get("type", "STATE") != "STATE":
            raise RunError(
                f"The state cannot be used: it is a {_shown(state['type'])} message where a STATE belongs. {_REMEDY}"
            )
        wrapping = next((name for name in ("value", "singer_state") if name in state), None)
        if wrapping is None:
            return {name: value for name, value in state.items() if name != "type"}
        state = state[wrapping] if state[wrapping] is not None else {}
    if not isinstance(state, dict):
        raise RunError(f"The state cannot be used: it is not an object with 'bookmarks'. {_REMEDY}")
    return state


def _shown(name: object) -> str:
    return printable(str(name))[:200]
