"""`make fleet-demo`: everything green, a page that answers, and nothing left running after Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from sandbox.postgres import programs

TENANTS = 6
NONE_HERE = programs() is None and not os.environ.get("REQUIRE_POSTGRES")


def family(root: int) -> set[tuple[int, str]]:
    """A process and all that descend from it: number and when it began."""
    parents, began = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        parents[pid], began[pid] = int(words[1]), words[19]
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {(pid, began[pid]) for pid in found if pid in began}


@pytest.mark.ecosystem
@pytest.mark.cold
@pytest.mark.skipif(NONE_HERE, reason="PostgreSQL is not installed here")
def test_the_demo_ends_green_shows_its_page_and_leaves_nothing_running():
    # Two of EasyEcom: tenants of one account would be refused their second login of a minute.
    command = [sys.executable, "-m", "fleet.demo", "--tenants", str(TENANTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        assert demo.stdout is not None
        said: list[str] = []
        for line in demo.stdout:
            said.append(line)
            if "Ctrl-C ends everything" in line:
                break
        told = "".join(said)
        assert told.count(" well ") == TENANTS, told
        address = re.search(r"The page: (http://127\.0\.0\.1:\d+/)", told)
        assert address, told
        page = urllib.request.urlopen(address[1], timeout=60).read().decode()
        assert all(f"{system}_0{place}" in page for place, system in enumerate(("magento", "picqer", "easyecom"), 1))
        at_work = family(demo.pid)
        assert len(at_work) > 5
        os.kill(demo.pid, signal.SIGINT)
        assert "nothing is left running" in demo.stdout.read()
    assert demo.returncode == 0
    assert not [pid for pid, began in at_work if (pid, began) in family(pid)]
