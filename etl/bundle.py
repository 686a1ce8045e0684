"""Builds the self-contained folder that HotGlue deploys: `python -m etl.bundle DEST`.

HotGlue uploads one folder and calls its etl.py; code outside it is not shipped.
"""

import re
import shutil
import sys
from importlib.metadata import requires
from pathlib import Path

import click

# What the ETL imports at run time; the ranges are those of the project.
NEEDED = ("pandas", "pydantic", "msgspec", "sqlalchemy", "pyarrow", "typing-extensions")
# The packages of this project that the ETL is made of.
PACKAGES = ("etl", "store", "vocabulary", "connector")
# Programs of the command line, which HotGlue does not call and which need more than that.
_LEFT_OUT = ("about.py", "bundle.py", "mapper.py", "embedded.py")
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[^]]*\])?(?P<range>[^;]*)")
_ENTRY = '''"""Entry point that HotGlue calls; the flow is in the folder etl beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from etl.etl import main  # noqa: E402 - the path comes first

if __name__ == "__main__":
    sys.exit(main())
'''


def build(destination: Path) -> list[Path]:
    """Writes the folder anew and returns its files. Raises FileExistsError for a folder that holds something else."""
    package = Path(__file__).resolve().parent
    if destination.exists() and any(destination.iterdir()) and not (destination / "etl" / "etl.py").exists():
        raise FileExistsError(f"{destination} holds other files; name an empty folder.")
    ignored = shutil.ignore_patterns("__pycache__", *_LEFT_OUT)
    for name in PACKAGES:
        shutil.rmtree(destination / name, ignore_errors=True)
        shutil.copytree(package.parent / name, destination / name, ignore=ignored)
    places = (package / "field_maps", package.parent / "configs" / "field_maps")
    tables = next(place for place in places if place.exists())
    shutil.copytree(tables, destination / "etl" / "field_maps", dirs_exist_ok=True)
    (destination / "etl.py").write_text(_ENTRY, encoding="utf-8")
    (destination / "requirements.txt").write_text("\n".join(requirements()) + "\n", encoding="utf-8")
    return sorted(path for path in destination.rglob("*") if path.is_file())


def requirements() -> list[str]:
    """The project's own ranges of what the ETL needs; parquet's reader is no extra here."""
    ranges: dict[str, str] = {}
    for line in requires("magento-optiply") or []:
        found = _REQUIREMENT.match(line)
        if found:
            ranges.setdefault(found["name"].lower().replace("_", "-"), found["name"] + found["range"].strip())
    return [ranges.get(name, name) for name in NEEDED]


@click.command(help="Builds the folder that HotGlue deploys as an ETL.")
@click.argument("destination", type=click.Path(path_type=Path))
def main(destination: Path) -> None:
    """Builds the folder and says where it is."""
    try:
        files = build(destination)
    except FileExistsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(f"{len(files)} files in {destination}")


if __name__ == "__main__":
    main()
