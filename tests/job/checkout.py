"""A fresh copy of the tree with an environment of its own, made in a moment: it borrows the installed libraries."""

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What Python compiled goes along: it knows by time and size of a source whether it still fits.
LEFT_OUT = shutil.ignore_patterns(".*", "*.egg-info", "dist", "build", "site", "snapshots")


class Checkout:
    """A copy of the tree, and commands in it as a person types them there."""

    def __init__(self, root: Path) -> None:
        """Copies the tree and makes `.venv` in it, whose programs run the copy's code."""
        self.root = root
        shutil.copytree(ROOT, root, ignore=LEFT_OUT)
        environment = root / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
        # A line that is a folder is searched; the link to the original tree, a .pth file in there, is not followed.
        (packages / "copy.pth").write_text(f"{root}\n{sysconfig.get_path('purelib')}\n")
        for program in entry_points(group="console_scripts"):
            if program.dist and program.dist.name == "magento-optiply":
                script = environment / "bin" / program.name
                script.write_text(f"#!{environment}/bin/python\nfrom {program.module} import main\nmain()\n")
                script.chmod(0o755)
        for stamp in (".demo", ".dev"):
            (environment / stamp).touch()

    def bash(self, line: str, *, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """A line in a shell that must end with 0."""
        done = self.run(line, stdin=stdin, **variables)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done

    def run(self, line: str, *, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """A line in a shell, with the programs of the copy on its path."""
        left_out = ("MAKE", "OPTIPLY_", "PYTHONDONTWRITE")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        path = f"{self.root / '.venv' / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.root,
            env={**inherited, "PATH": path, "COLUMNS": "140", **variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A copy of the tree that a test may edit."""
    return Checkout(tmp_path / "checkout")
