"""`optiply-sync snapshot why` over a tenant's stores, as a child that knows nothing of the fleet's key."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import Any

from connector.words import printable
from fleet.child import environment
from fleet.errors import FleetError
from fleet.folders import lay_out
from fleet.rooms import room
from fleet.vault import Files
from store.place import Place

SECONDS = 60.0
"""How long an answer may take: it may have to ask the shop."""


async def explained(files: Files, place: Place, asked: str, *, order: bool) -> list[Any]:
    """Sentences, and tables as titles and rows. Raises FleetError with what the program said where it could not tell.

    asked: a SKU, an id or an order's number, as a person typed it.
    """
    with room() as ours:
        folder = lay_out(files, ours.folder)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "job", "snapshot", "why", "--told", *(["--order"] if order else []), "--",
            str(folder.root), asked,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=ours.root, env=environment(place, ours), start_new_session=True, pass_fds=[ours.lock],
        )  # fmt: skip
        try:
            output, errors = await asyncio.wait_for(child.communicate(), SECONDS)
        except asyncio.TimeoutError:
            raise FleetError(f"There was no explanation within {SECONDS:g} seconds; try again later.") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    if child.returncode:
        lines = [line for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
        said = printable(lines[-1]).removeprefix("optiply-sync: ") if lines else "The program said nothing."
        raise FleetError(said.replace(str(folder.root), "The folder"))
    return list(json.loads(output))
