"""Starts this repository's programs as forks of a process that has loaded them: real processes, without the imports.

`warm_starts()` makes `subprocess.Popen` do so for commands of the form `python -m <one of PROGRAMS> ...`; every other
command starts as ever. The helper forks twice, so that the program becomes a child of whoever asked for it (who is made
the reaper of orphans, a Linux call) and ends as any interpreter does. A program that starts programs itself has a
helper of its own. `COLD_PROGRAMS=1` in the environment, or the marker `cold`, leaves a test the slow start.
"""

import atexit
import contextlib
import ctypes
import fcntl
import gc
import importlib
import io
import json
import logging
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PROGRAMS = {
    "tap_easyecom": ("tap_easyecom.tap",),
    "tap_magento": ("tap_magento.tap",),
    "tap_optiply": ("tap_optiply.tap",),
    "tap_picqer": ("tap_picqer.tap",),
    "etl.etl": ("etl.etl",),
    "etl.mapper": ("etl.mapper",),
    "etl.outward": ("etl.outward.__main__",),
    "etl.outward.purchase_run": ("etl.outward.purchase_run",),
    "target_optiply": ("target_optiply.target",),
    "target_magento": ("target_magento.target",),
    "target_picqer": ("target_picqer.target",),
    "target_easyecom": ("target_easyecom.target",),
    "sandbox": ("sandbox.systems", "sandbox.magento.app"),
    "job": ("job.cli",),
    "fleet": ("fleet.cli",),
}
"""What each loads when it starts."""
_OBEYED = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")  # by a program that starts warm, too
_STARTS_OTHERS = ("job", "fleet")
_REAPER = 36  # PR_SET_CHILD_SUBREAPER
_ROOT = Path(__file__).parents[1]
Cold = subprocess.Popen


class Helper:
    """A process with the programs loaded, at the other end of a socket."""

    def __init__(self, channel: socket.socket) -> None:
        """Speak to a helper; its programs become children of this process."""
        self.channel = channel
        ctypes.CDLL(None).prctl(_REAPER, 1, 0, 0, 0)

    def start(self, order: dict[str, Any], descriptors: list[int]) -> int:
        """Start a program and return its process id."""
        socket.send_fds(self.channel, [json.dumps(order).encode()], descriptors)
        pid = int(self.channel.recv(64))
        self.channel.recv(64)  # it is a child of this process from now on
        return pid


class Warm(subprocess.Popen):  # type: ignore[type-arg]
    """Popen that has the helper start what it can start."""

    helper: Helper | None = None
    begin: Callable[[], Helper] | None = None

    def _execute_child(self, args: Any, executable: Any, preexec_fn: Any, close_fds: Any, *more: Any) -> None:
        pass_fds, cwd, env, _startup, _flags, shell, *pipes = more[:12]
        session = more[17]
        program = _program(args)
        if program is None or shell or preexec_fn or executable or not close_fds or _other_python(env):
            super()._execute_child(args, executable, preexec_fn, close_fds, *more)  # type: ignore[misc]
            return
        given = [(0, pipes[0]), (1, pipes[3]), (2, pipes[5])]
        numbers = {number: (number if fd == -1 else fd) for number, fd in given} | {fd: fd for fd in pass_fds}
        order = {
            "program": program,
            "arguments": [os.fsdecode(part) for part in args[3:]],
            "directory": os.path.abspath(os.fsdecode(cwd) if cwd else os.getcwd()),
            "environment": {os.fsdecode(n): os.fsdecode(v) for n, v in (os.environ if env is None else env).items()},
            "session": bool(session),
            "numbers": list(numbers),
        }
        if Warm.helper is None:
            assert Warm.begin is not None
            Warm.helper = Warm.begin()
        self.pid = Warm.helper.start(order, list(numbers.values()))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def _program(args: Any) -> str | None:
    """The program that a command line starts, None where it is not one of ours."""
    if isinstance(args, (str, bytes)) or os.environ.get("COLD_PROGRAMS"):
        return None
    head = [os.fspath(part) for part in list(args)[:3]]
    return head[2] if head[:2] == [sys.executable, "-m"] and head[2:] and head[2] in PROGRAMS else None


def _other_python(env: Any) -> bool:
    """Whether the environment asks for an interpreter that starts otherwise than the helper did."""
    wanted = os.environ if env is None else env
    return any(wanted.get(name) != value for name, value in _pythons(os.environ).items()) or any(
        name not in os.environ for name in _pythons(wanted)
    )


def _pythons(environment: Any) -> dict[str, str]:
    found = {name: value for name, value in environment.items() if name.startswith(("PYTHON", "COV"))}
    return {
        name: value
        for name, value in found.items()
        if name not in _OBEYED and (name, value) != ("PYTHONPATH", str(_ROOT))
    }


@contextlib.contextmanager
def warm_starts() -> Iterator[None]:
    """Let programs start warm until the end of the block; the helper comes with the first of them."""
    if not sys.platform.startswith("linux"):
        yield
        return
    with contextlib.ExitStack() as stack:
        Warm.begin = lambda: stack.enter_context(_helper())
        subprocess.Popen = Warm  # type: ignore[misc]
        try:
            yield
        finally:
            subprocess.Popen = Cold  # type: ignore[misc]
            Warm.helper = Warm.begin = None


@contextlib.contextmanager
def _helper() -> Iterator[Helper]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        command = [sys.executable, "-m", "tests.warm", str(there.fileno())]
        helper = Cold(command, pass_fds=[there.fileno()], cwd=_ROOT, stdin=subprocess.DEVNULL)
        there.close()
        yield Helper(here)
        here.close()
        helper.wait()


def _serve(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Answer orders; returns in each new program with its order, and None when nobody is left to ask."""
    while True:
        data, descriptors, _flags, _address = socket.recv_fds(channel, 2**20, 64)
        if not data:
            return None
        between = os.fork()
        if between == 0:
            between_us = os.getpid()
            child = os.fork()
            if child:
                channel.send(str(child).encode())
                os._exit(0)
            channel.close()
            while os.getppid() == between_us:  # a program may ask to die with its parent, who is not this one
                time.sleep(0.001)
            return json.loads(data), list(descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        os.waitpid(between, 0)
        channel.send(b"yours")


def _own_helper(descriptors: list[int]) -> tuple[dict[str, Any], list[int]] | None:
    """Give this program a helper of its own; returns an order in each program that that one starts."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        here.close()
        for descriptor in descriptors:
            os.close(descriptor)
        order = _serve(there)
        if order is None:
            os._exit(0)
        return order
    there.close()
    # Out of the way of the numbers that this program is to get.
    high = socket.socket(fileno=fcntl.fcntl(here.fileno(), fcntl.F_DUPFD_CLOEXEC, 400))
    here.close()
    Warm.helper = Helper(high)
    subprocess.Popen = Warm  # type: ignore[misc]
    return None


def _become(order: dict[str, Any], descriptors: list[int]) -> None:
    """Be the program of an order, as if it had just been started."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 300) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for number, descriptor in zip(order["numbers"], high, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    os.chdir(order["directory"])
    sys.path[0] = order["directory"]
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    sys.argv = [order["program"], *order["arguments"]]
    sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _writer(1, lines=os.isatty(1))  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _writer(2, lines=True, errors="backslashreplace")  # type: ignore[misc]
    os._exit(_ended(order["program"]))  # the interpreter's own end would visit all that is loaded


def _ended(program: str) -> int:
    """Run a program and end it as the interpreter does; returns its exit code."""
    code: object = 0
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 - whatever a program does not catch ends it with its traceback
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OSError:
        code = 120
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    return int(code or 0) & 255


def _writer(number: int, *, lines: bool, errors: str = "strict") -> io.TextIOWrapper:
    at_once = bool(os.environ.get("PYTHONUNBUFFERED"))
    return io.TextIOWrapper(
        open(number, "wb", closefd=False), line_buffering=lines, errors=errors, write_through=at_once
    )


def main() -> None:
    """Load the programs, answer orders, and be each program that is ordered."""
    loggings = {program: _load(modules) for program, modules in PROGRAMS.items()}
    gc.freeze()  # collecting what is loaded would copy every page of it into each program
    channel = socket.socket(fileno=int(sys.argv[1]))
    ordered = _serve(channel)
    while ordered is not None:
        order, descriptors = ordered
        if order["session"]:
            os.setsid()
        ordered = _own_helper(descriptors) if order["program"] in _STARTS_OTHERS else None
        if ordered is None:
            logging.root.handlers[:], logging.root.level = loggings[order["program"]]
            _become(order, descriptors)


def _load(modules: tuple[str, ...]) -> tuple[list[logging.Handler], int]:
    """Load modules; gives what they made of the root logger, and leaves that as it was."""
    before = list(logging.root.handlers), logging.root.level
    for name in modules:
        with contextlib.suppress(ImportError):  # then that program says so itself, as slowly as ever
            importlib.import_module(name)
    after = list(logging.root.handlers), logging.root.level
    logging.root.handlers[:], logging.root.level = before
    for name in PROGRAMS:
        if "." in name:  # a module that is run must not be loaded before
            sys.modules.pop(f"{name}.__main__" if hasattr(sys.modules.get(name), "__path__") else name, None)
    return after


if __name__ == "__main__":
    main()
