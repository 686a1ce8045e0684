"""Stands between a job and its programs: runs one with the real Python and puts down what it cost.

`python measured.py PYTHON FILE -m MODULE …`: a line of JSON for it is added to the file. The job is told that this is
its interpreter; what a program inherits from the job, and how it ends, stays as it was.
"""

import json
import os
import resource
import sys
import time

PYTHON, FILE = sys.argv[1:3]
PROGRAM = sys.argv[3:]


def main() -> None:
    """Run it; ends as it ended."""
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.execv(PYTHON, [PYTHON, *PROGRAM])
    _, status, used = os.wait4(child, 0)
    cost = {
        "module": PROGRAM[PROGRAM.index("-m") + 1],
        "seconds": time.monotonic() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }
    with open(FILE, "a", encoding="utf-8") as file:
        file.write(json.dumps(cost) + "\n")
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.kill(os.getpid(), os.WTERMSIG(status))
    raise SystemExit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
