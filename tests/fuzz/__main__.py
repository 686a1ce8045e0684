"""`make fuzz`: each reader and each program for some minutes, with other bytes each time; what goes through is shown.

python -m tests.fuzz MINUTES [WORDS]: only those whose names hold one of the words.
"""

import logging
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import FlakyFailure
from hypothesis.strategies import SearchStrategy

from sandbox.systems import Sandbox
from tests.fuzz.odd import odd
from tests.fuzz.programs import PROGRAMS, SPOILERS, Spoiler, account_of, tried, write
from tests.fuzz.readers import READERS
from tests.fuzz.trial import attempt

MOST_BYTES = 3 * 1024**3
MOST_SECONDS = 60
AT_ONCE = 100
FOUND = Path(".fuzz")
Attempt = Callable[[Any], bool]
"""Whether what was given was read; raises whatever must not be raised."""


class HangsError(Exception):
    """Something has held a reader for too long."""


def _ring(*_given: object) -> None:
    raise HangsError(f"it takes more than {MOST_SECONDS} seconds")


@contextmanager
def _reader(name: str) -> Iterator[tuple[SearchStrategy[Any], Attempt]]:
    yield odd(READERS[name].examples), partial(attempt, READERS[name])


@contextmanager
def _tap(name: str) -> Iterator[tuple[SearchStrategy[Any], Attempt]]:
    with account_of(name) as sandbox, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as calm:
        whole = tried(sandbox, name, None, Path(calm))

        def spoil(spoiler: Spoiler) -> bool:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                return tried(sandbox, name, spoiler, Path(folder), whole) == whole

        yield SPOILERS, spoil


@contextmanager
def _target() -> Iterator[tuple[SearchStrategy[Any], Attempt]]:
    with Sandbox(magento=False) as sandbox:

        def spoil(spoiler: Spoiler) -> bool:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                return write(sandbox, spoiler, Path(folder)) == 0

        yield SPOILERS, spoil


SUBJECTS = {
    **{name: partial(_reader, name) for name in READERS},
    **{f"tap-{name} with a spoilt answer": partial(_tap, name) for name in PROGRAMS},
    "target-optiply with a spoilt answer": _target,
}


def fuzz(name: str, minutes: float, number: int) -> bool:
    """Whether nothing went through; `number` is the first seed."""
    made = read = 0
    last: Any = None
    ends, sound = time.monotonic() + 60 * minutes, True
    with SUBJECTS[name]() as (values, try_it):

        def trial(value: Any) -> None:
            nonlocal made, read, last
            made, last = made + 1, value
            signal.alarm(MOST_SECONDS)
            read += try_it(value)
            signal.alarm(0)

        often = settings(
            max_examples=AT_ONCE,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        while time.monotonic() < ends and sound:
            try:
                seed(number)(often(given(values)(trial)))()
            except Exception as error:  # noqa: BLE001 - whatever goes through is what is looked for
                sound = False
                # Several requests are under way at once, so that the same seed need not meet the same answer again.
                _keep(name, last, number, error.exceptions[0] if isinstance(error, FlakyFailure) else error)
            signal.alarm(0)
            number += 1
    print(f"{name}: {made:,} tried, {read:,} read, {made - read:,} refused", flush=True)
    return sound


def _keep(name: str, last: Any, number: int, error: Exception) -> None:
    FOUND.mkdir(exist_ok=True)
    kept = FOUND / f"{name.replace(' ', '-').replace(',', '')}.bytes"
    kept.write_bytes(last if isinstance(last, bytes) else repr(last).encode())
    where = "".join(traceback.format_tb(error.__traceback__)[-4:])
    print(f"{name}: {kept} (seed {number})\n{where}{type(error).__name__}: {str(error)[:500]}")


def main() -> int:
    minutes = float(sys.argv[1]) if sys.argv[1:] else 10.0
    names = [name for name in SUBJECTS if not sys.argv[2:] or any(word in name for word in sys.argv[2:])]
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    signal.signal(signal.SIGALRM, _ring)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sound = [fuzz(name, minutes, int(time.time())) for name in names]
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
