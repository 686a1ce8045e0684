"""Ends a program when the one that started it dies (on Linux; elsewhere the lock of the store has to do)."""

import ctypes
import os
import signal
import sys

from connector.names import LEASH_VARIABLE

_WHEN_THE_PARENT_DIES = 1  # PR_SET_PDEATHSIG


def follow_the_parent() -> None:
    """Has this program sent SIGTERM at the death of the process whose number the environment names; nothing without.

    The number is taken out of the environment: it is not meant for the programs that this one starts.
    """
    parent = os.environ.pop(LEASH_VARIABLE, "")
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_WHEN_THE_PARENT_DIES, int(signal.SIGTERM), 0, 0, 0)
    try:
        os.kill(int(parent), 0)
    except ProcessLookupError:  # it died before we could ask
        os.kill(os.getpid(), signal.SIGTERM)
