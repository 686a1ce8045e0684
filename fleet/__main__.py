"""The command `optiply-fleet`, also as `python -m fleet`: says which extra is missing, where one is."""

import sys
from importlib.util import find_spec


def main() -> None:
    """Runs the command; its libraries come with an extra."""
    if any(find_spec(library) is None for library in ("procrastinate", "psycopg_pool", "cryptography")):
        sys.exit("optiply-fleet: it needs the extra 'fleet' (pip install '.[fleet]' in the project's folder).")
    from fleet.cli import main as commands

    commands()


if __name__ == "__main__":
    main()
