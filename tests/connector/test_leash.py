"""A program on a leash ends when whoever started it dies, however that died; without one it lives on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells of a parent's death")
PROGRAM = """
import os, signal, sys, time
from connector.leash import follow_the_parent
def told(*_):
    print("told", flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, told)
follow_the_parent()
print("ready", "OPTIPLY_SYNC_PARENT" in os.environ, flush=True)
sys.stdin.read() if sys.argv[1] == "wait" else None
print("by itself", flush=True)
"""
PARENT = """
import os, subprocess, sys
environment = {**os.environ, "OPTIPLY_SYNC_PARENT": str(os.getpid())} if sys.argv[2] == "leash" else None
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], "wait"], env=environment)
child.wait()
"""


@pytest.mark.parametrize(("held", "last"), [("leash", "told"), ("none", "by itself")])
def test_a_program_follows_the_one_that_holds_its_leash(held: str, last: str):
    command, pipe = [sys.executable, "-c", PARENT, PROGRAM, held], subprocess.PIPE
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=pipe, stdout=pipe) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        assert parent.stdout.readline() == b"ready False\n"
        os.kill(parent.pid, signal.SIGKILL)
        if held == "none":
            parent.stdin.close()
        assert parent.stdout.read().decode().split("\n")[0] == last


def test_a_parent_that_died_before_is_noticed():
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    environment = {**os.environ, "OPTIPLY_SYNC_PARENT": str(gone.pid)}
    command = [sys.executable, "-c", PROGRAM, "go"]
    done = subprocess.run(command, env=environment, capture_output=True, cwd=Path(__file__).parents[2], check=False)
    assert done.stdout == b"told\n"
