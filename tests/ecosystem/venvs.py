"""Virtual environments of other tools, built once beside the checkout's own and kept between runs.

Meltano and gluestick bring dependencies that must not decide ours, so each lives apart.
"""

import fcntl
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD_SECONDS = 900
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class NotBuilt(Exception):
    """The environment cannot be built here; the text says what pip said last."""


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / "bin" / "python"


def pip(folder: Path, *arguments: str) -> None:
    """`pip install` in a virtual environment. Raises NotBuilt."""
    command = [str(python_of(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    if done.returncode:
        raise NotBuilt(f"pip install {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-1500:]}")


def _uv(folder: Path, *requirements: str) -> None:
    """The same by uv, which is in the environment itself. Raises NotBuilt."""
    command = [
        str(folder / "bin" / "uv"),
        "pip",
        "install",
        "--quiet",
        "--python",
        str(python_of(folder)),
        *requirements,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    if done.returncode:
        raise NotBuilt(f"uv pip install {' '.join(requirements)} ended with {done.returncode}: {done.stderr[-1500:]}")


def tool_venv(name: str, *requirements: str, by: str = "") -> Path:
    """The folder of a virtual environment with exactly these requirements, built where it is missing or differs.

    `by` names uv with its version, for a tool of hundreds of packages: pip takes a quarter of an hour over those.
    Several test processes may ask at once; one builds. Raises NotBuilt.
    """
    base = ROOT / ".venv-tools"
    base.mkdir(exist_ok=True)
    folder = base / f"{name}-{PYTHON}"
    stamp = folder / "requirements.stamp"
    wanted = "\n".join(requirements)
    with (base / f"{name}-{PYTHON}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            venv.create(folder, clear=True, with_pip=True)
            pip(folder, *([by] if by else requirements))
            if by:
                _uv(folder, *requirements)
            stamp.write_text(wanted)
    return folder


def bare_environment(**more: str) -> dict[str, str]:
    """What a tool started from a shell sees: nothing of this test run's Python, and nothing of an outer job."""
    ours = ("PYTHON", "VIRTUAL_ENV", "PYTEST", "MELTANO", "TAP_MAGENTO", "TARGET_OPTIPLY", "OPTIPLY", "optiply_")
    job = ("ROOT", "ROOT_DIR", "SNAPSHOT_DIR", "SYNC_REPORT", "JOB_ID", "JOB_ROOT", "TENANT", "FLOW", "SYNC_TYPE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours) and name not in job}
    return {**kept, **more}
