"""Standard output, where the messages of every program go: what it does not take ends a run in one sentence."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import click
from typing_extensions import override

from connector.errors import RunError


def put_out(lines: bytes | bytearray) -> None:
    """Writes whole lines at once.

    Raises RunError where they are not taken: by a full disk, or a reader that has ended. Nothing goes out after that.
    """
    if sys.stdout is None:
        raise RunError("Standard output is closed, so that nothing can be put out; let it go somewhere, and run again.")
    try:
        if hasattr(sys.stdout, "buffer"):
            sys.stdout.buffer.write(lines)
        else:  # where a program is part of another one, which may put a StringIO in its place
            sys.stdout.write(lines.decode())
        sys.stdout.flush()
    except OSError as error:
        _let_go()
        if isinstance(error, BrokenPipeError):
            raise RunError("Whatever reads this program's output has ended; look at its own messages.") from error
        raise RunError(
            f"Standard output cannot be written ({error.strerror or error}). Nothing is lost: make room where it goes, "
            "and run again."
        ) from error


@contextmanager
def in_a_sentence(name: str) -> Iterator[None]:
    """The outermost line of a program: a file, or standard output, that the system refuses is a sentence and exit 1."""
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        what = error.filename
        if what is None:
            _let_go()
            what = "what this program prints, or a temporary file"
        sys.stderr.write(
            f"{name}: The system refused {what} ({error.strerror or error}); see to the room on the disk, or to this "
            "user's rights there, and run again.\n"
        )
        raise SystemExit(1) from None


class OneSentence(click.Command):
    """A command line that ends as `in_a_sentence` has it, --help and --version included; `program` is its name."""

    program: ClassVar[str]

    @override
    def main(self, *args: Any, **kwargs: Any) -> Any:
        with in_a_sentence(self.program):
            return super().main(*args, **kwargs)


def _let_go() -> None:
    """Standard output points at nothing from here, so that the interpreter's last flush does not fail again."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
