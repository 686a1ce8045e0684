"""The HotGlue bundle is self-contained."""

import json
import re
import subprocess
import sys
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from etl.bundle import build, requirements

RECORD = {"id": 1, "sku": "A", "name": "x", "status": 1, "type_id": "virtual"}
SHOP = (
    {"type": "SCHEMA", "stream": "products", "schema": {}, "key_properties": ["id"]},
    {"type": "RECORD", "stream": "products", "record": RECORD},
)


def link_distributions(names: list[str], target: Path) -> None:
    """Makes the named distributions and what they need importable from `target`, and nothing else."""
    waiting, done = list(names), set()
    while waiting:
        name = waiting.pop()
        if name.lower() in done:
            continue
        done.add(name.lower())
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        for top in {path.parts[0] for path in found.files or [] if path.parts[0] not in ("..", "__pycache__")}:
            place = target / top
            if not place.exists():
                place.symlink_to(Path(str(found.locate_file(top))))
        needed = [line for line in found.requires or [] if "extra ==" not in line]
        waiting += [re.match(r"[\w.-]+", line).group() for line in needed]  # type: ignore[union-attr]


def test_the_bundle_runs_in_an_empty_environment_with_nothing_else_on_the_path(tmp_path: Path) -> None:
    build(tmp_path / "bundle")
    names = [re.match(r"[\w.-]+", line).group() for line in requirements()]  # type: ignore[union-attr]
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    link_distributions(names, libraries)
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    job = tmp_path / "job"
    (job / "sync-output").mkdir(parents=True)
    (job / "config.json").write_text("{}")
    (job / "sync-output" / "tap.singer").write_text("".join(json.dumps(message) + "\n" for message in SHOP))
    done = subprocess.run(
        [str(tmp_path / "venv" / "bin" / "python"), str(tmp_path / "bundle" / "etl.py")],
        cwd=job,
        env={"PYTHONPATH": str(libraries), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"skuCode":"A"' in (job / "etl-output" / "data.singer").read_text()
    assert sys.prefix not in done.stderr


def test_the_bundle_is_never_built_over_other_files(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(FileExistsError, match="holds other files"):
        build(tmp_path)


def test_a_bundle_can_be_built_again(tmp_path: Path) -> None:
    assert build(tmp_path / "bundle") == build(tmp_path / "bundle")
