"""Loads what a program needs without the garbage collector, which would go through it again and again in vain."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """What is loaded meanwhile lives as long as the program, so the collector is never to look at it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
