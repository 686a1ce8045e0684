"""Standard output, where the messages of every program go: what it does not take ends a run in one sentence."""

import os
import sys

from connector.errors import RunError


def put_out(lines: bytes | bytearray) -> None:
    """Writes whole lines at once.

    Raises RunError where they are not taken: by a full disk, or a reader that has ended. Nothing goes out after that.
    """
    try:
        if hasattr(sys.stdout, "buffer"):
            sys.stdout.buffer.write(lines)
        else:  # where a program is part of another one, which may put a StringIO in its place
            sys.stdout.write(lines.decode())
        sys.stdout.flush()
    except OSError as error:
        # It points at nothing from here, so that the interpreter's last flush does not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise RunError("Whatever reads this program's output has ended; look at its own messages.") from error
        raise RunError(
            f"Standard output cannot be written ({error.strerror or error}). Nothing is lost: make room where it goes, "
            "and run again."
        ) from error
