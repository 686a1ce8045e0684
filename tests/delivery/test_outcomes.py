"""The file of outcomes on a disk that fills up and has room again: a line is cut at the end of the file, if at all."""

import errno
import io
from pathlib import Path
from typing import Any

import pytest

from delivery.outcomes import OutcomeFile
from store.outcomes import Outcome, read_outcomes

FIRST, LATER = 10_000, 1_000_000


class Disk:
    """Takes so many bytes, and a part of what goes beyond them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = FIRST
        disk, plain = self, Path.open

        class Raw(io.FileIO):
            def write(self, content: Any) -> int:
                taken = min(len(content), disk.room)
                if not taken:
                    raise OSError(errno.ENOSPC, "No space left on device")
                disk.room -= taken
                return super().write(bytes(content[:taken])) or 0

        def opened(path: Path, mode: str = "r", buffering: int = -1, **more: Any) -> Any:
            if mode != "ab":
                return plain(path, mode, buffering, **more)
            return Raw(path, mode) if buffering == 0 else io.BufferedWriter(Raw(path, mode))

        monkeypatch.setattr(Path, "open", opened)


def outcome(number: int, event: str, **more: Any) -> Outcome:
    return Outcome(
        "products", str(number), event, "create", more.pop("status", None), at="2026-01-01T00:00:00Z", **more
    )


def test_what_a_full_disk_cuts_is_gone_on_with_and_never_followed_by_another_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, log = Disk(monkeypatch), OutcomeFile(tmp_path)
    announced = [outcome(number, "announced", sent={"name": "x" * 200}) for number in range(100)]
    with pytest.raises(OSError, match="No space left on device"):
        log.announce(announced)
    disk.room = LATER
    for number in (1000, 1001):
        log.answered(outcome(number, "answered", status="accepted", id=str(number)))
    log.close()
    read = [one.remoteId for one in read_outcomes(log.path, "Optiply")]
    assert read == [str(number) for number in (*range(100), 1000, 1001)]
