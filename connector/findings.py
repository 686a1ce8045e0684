"""What a check of `doctor` found: how it stands, in words, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "warn", "fail"]
MARKS: dict[State, str] = {"ok": "✓", "note": "·", "warn": "!", "fail": "✗"}
COLOURS: dict[State, str] = {"ok": "green", "note": "dim", "warn": "yellow", "fail": "red"}


@dataclass(frozen=True)
class Finding:
    """One line: what was checked, how it stands, what was seen and, unless all is well, the remedy."""

    check: str
    state: State
    says: str
    remedy: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", says)


def note(check: str, says: str) -> Finding:
    """Worth knowing, nothing to do."""
    return Finding(check, "note", says)


def warn(check: str, says: str, remedy: str) -> Finding:
    """Works, but not as well as it could."""
    return Finding(check, "warn", says, remedy)


def fail(check: str, says: str, remedy: str) -> Finding:
    """A run would fail or be wrong."""
    return Finding(check, "fail", says, remedy)
