"""Runs chosen tests in a forked process, over the code as it is or with one function changed. For mutate.py."""

import ast
import contextlib
import importlib
import os
import signal
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
Reach = dict[str, dict[str, Any]]  # test -> its seconds and the lines it passes through, by module


class Tracer:
    """Notes which lines of some files each test passes through, in all threads."""

    def __init__(self, files: Iterable[str]) -> None:
        """`files` are relative to the repository."""
        self._names = {str(ROOT / file): file for file in files}
        self.tests: Reach = {}
        self.failed: set[str] = set()
        self._lines: dict[str, set[int]] = defaultdict(set)

    def _call(self, frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
        name = self._names.get(frame.f_code.co_filename)
        if name is None:
            return None
        lines = self._lines[name]

        def line(frame: FrameType, _event: str, _argument: object) -> Any:
            lines.add(frame.f_lineno)
            return line

        lines.add(frame.f_lineno)
        return line

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Watches one test."""
        self._lines = defaultdict(set)
        sys.settrace(self._call)
        threading.settrace(self._call)
        began = time.monotonic()
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            lines = {name: sorted(found) for name, found in self._lines.items()}
            self.tests[item.nodeid] = {"seconds": time.monotonic() - began, "lines": lines}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails without any change says nothing about one."""
        if report.failed:
            self.failed.add(report.nodeid)


class Chosen:
    """Runs these tests only, in this order, and remembers the first that fails."""

    def __init__(self, tests: list[str]) -> None:
        """`tests` are node ids."""
        self._place = {test: place for place, test in enumerate(tests)}
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leaves the chosen ones."""
        chosen = [item for item in items if item.nodeid in self._place]
        items[:] = sorted(chosen, key=lambda item: self._place[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes the first failure."""
        if report.failed and not self.failed:
            self.failed = report.nodeid


def in_child(work: Callable[[], str], seconds: float, output: Path) -> str | None:
    """What `work` returns in a forked process whose output goes to a file; None when it takes longer."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        silence = os.open(output, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        for descriptor in (0, 1, 2):
            os.dup2(silence, descriptor)
        answer = "it breaks the run of the tests"
        try:
            with contextlib.suppress(SystemExit):
                answer = work()
        finally:
            if sys.exc_info()[0] is not None:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os.write(writing, answer.encode()[:4000])
            os._exit(0)
    os.close(writing)
    until = time.monotonic() + seconds
    done = 0
    while not done and time.monotonic() < until:
        time.sleep(0.01)
        done, _ = os.waitpid(child, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not done:
        os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as answered:
        text = answered.read().decode()
    return text if done else None


def load_changed(module: str, tree: ast.Module) -> None:
    """Gives the functions of a loaded module the code they have in `tree`, wherever they were imported to."""
    loaded = importlib.import_module(module.removesuffix(".py").replace("/", "."))

    def give(code: CodeType) -> None:
        for inner in code.co_consts:
            name: str = getattr(inner, "co_qualname", "<")  # since Python 3.11
            if isinstance(inner, CodeType) and "<" not in name:
                function = _function(loaded, name)
                if function is None:
                    give(inner)  # the body of a class
                else:
                    function.__code__ = inner

    give(compile(tree, str(ROOT / module), "exec"))


def _function(module: ModuleType, name: str) -> FunctionType | None:
    """The function behind a qualified name, without what wraps it; None for a class."""
    found: Any = module
    for part in name.split("."):
        found = vars(found)[part]
    for inside in ("fget", "func", "__func__", "__wrapped__"):
        found = getattr(found, inside, None) or found
    return found if isinstance(found, FunctionType) else None
