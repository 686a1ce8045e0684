"""A PostgreSQL server of somebody's own, on a socket in a folder, for tests, measurements and the demo of the fleet."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.server.state import SandboxError

_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "listen_addresses=")
# The server ends with the process that started it, killed or not: then the standard input is closed.
_WHILE_WE_LIVE = '"$0" "$@" & server=$!; cat > /dev/null; kill -QUIT "$server"; wait "$server"'


def programs() -> Path | None:
    """The folder with initdb and pg_ctl, of the newest version found; None where PostgreSQL is not installed."""
    on_path = shutil.which("pg_ctl")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


@contextmanager
def postgres() -> Iterator[str]:
    """Starts a server; yields its address, without a schema. It ends with the block, and with this process.

    Raises SandboxError where PostgreSQL is not installed, or does not start.
    """
    bin_ = programs()
    if bin_ is None:
        raise SandboxError("PostgreSQL is not installed: no initdb on the path or below /usr/lib/postgresql.")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = None
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres" if _exists("postgres") else "nobody"
        shutil.chown(folder, user)
    data = folder / "data"

    environment = {"LC_ALL": "C"}
    start = [f"{bin_}/initdb", "-D", str(data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(start, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, env=environment)
    options = [word for option in (*_QUICK, f"unix_socket_directories={folder}") for word in ("-c", option)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["/bin/sh", "-c", _WHILE_WE_LIVE, f"{bin_}/postgres", "-D", str(data), *options],
            stdin=subprocess.PIPE, stdout=log, stderr=log, user=user, cwd=folder, env=environment,
        )  # fmt: skip
    try:
        while subprocess.run([f"{bin_}/pg_isready", "-q", "-h", str(folder)], check=False).returncode:
            if server.poll() is not None:
                raise SandboxError(f"PostgreSQL did not start: {(folder / 'log').read_text(errors='replace')}")
            time.sleep(0.05)
        yield f"postgresql://tests@/postgres?host={folder}"
    finally:
        if server.stdin is not None:
            server.stdin.close()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
