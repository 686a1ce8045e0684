"""`optiply-etl`: the ETL as a Singer filter, from a system's records on stdin to Optiply records on stdout.

Which system it is, the configuration says, else the key properties of the streams. Everything is buffered in a
temporary file, since stock and products arrive in any order; STATE is held until the end.
"""

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click

from connector.about import FORMATS, about, render
from connector.errors import ProgramError
from connector.stdout import OneSentence, put_out
from etl.core.flags import ConfigError
from etl.core.flow import FlowResult
from etl.core.singer import SingerInput
from etl.etl import read_json, report_failure, tell, write_report
from etl.flows import EtlError, flow_of, prepare, snapshot_place, with_system
from etl.recognised import shape_of_input
from store.snapshot import Snapshot, SnapshotError, lock

_logger = logging.getLogger("optiply-etl")


def filter_stream(incoming: BinaryIO, values: Mapping[str, Any], now: datetime) -> FlowResult:
    """Reads Singer messages to their end, runs the ETL on them and writes its messages; the store is committed first.

    Raises EtlError, ConfigError, SnapshotError or InputError before anything is written, RunError where it cannot be.
    """
    if values.get("system"):
        prepare(values, _root())  # what is wrong with it is said at once
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="optiply-etl-")))
        buffer = stack.enter_context((folder / "input.singer").open("w+b"))
        shutil.copyfileobj(incoming, buffer, 1 << 20)
        buffer.seek(0)
        prepared = prepare(with_system(values, shape_of_input(buffer)), _root())
        for note in prepared.notes:
            _logger.warning("%s", note)
        place = snapshot_place(prepared.config, os.environ, _root())
        with lock(place), Snapshot.open(place, prepared.flow.destination) as snapshot:
            snapshot.absorb()
            source = SingerInput(buffer, "the input", prepared.flow.streams, may_be_empty=False)
            result = prepared.run(source, snapshot, now, folder / "output.singer")
        # The lock is released first: a target behind the pipe takes the snapshot as soon as records arrive.
        with (folder / "output.singer").open("rb") as made:
            for lines in iter(partial(made.read, 1 << 20), b""):
                put_out(lines)
    return result


HELP = """The ETL as a Singer filter: a system's records on standard input, Optiply records on standard output.

Exit codes: 0 mapped to the end, 1 the configuration, the input or the store cannot be used, 2 wrong command line.

\b
Example: tap-magento --config tap.json | optiply-etl --config config.json | target-optiply --config target.json
"""


class _Filter(OneSentence):
    program = "optiply-etl"


@click.command(name=_Filter.program, cls=_Filter, help=HELP)
@click.option("--config", "configs", multiple=True, help="JSON file with the ETL flags; several are merged.")
@click.option("--about", "show_about", is_flag=True, help="Show name, version and settings.")
@click.option("--format", "about_format", type=click.Choice(FORMATS), default="text", help="Of --about.")
@click.version_option(package_name="magento-optiply", prog_name="optiply-etl")
def main(configs: tuple[str, ...], show_about: bool, about_format: str) -> None:
    """Runs the filter on stdin and stdout; exit code 1 with one sentence when it cannot."""
    if show_about:
        description = "Singer mapper: a system's records in, the Optiply records that differ out."
        click.echo(render(about("optiply-etl", description, flow_of({}).flags.model_json_schema()), about_format))
        return
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s optiply-etl %(message)s")
    started = time.monotonic()
    try:
        values: dict[str, Any] = {}
        for path in configs:
            values |= read_json(Path(path), "name an existing file with --config")
        result = filter_stream(sys.stdin.buffer, values, datetime.now(timezone.utc))
        write_report(result.report, started)
    except (EtlError, ConfigError, SnapshotError, ProgramError, OSError) as error:
        report_failure(error, started, _logger)
        raise SystemExit(1) from None
    tell(result, _logger)


def _root() -> Path:
    return Path(os.environ.get("ROOT_DIR") or ".")


if __name__ == "__main__":
    main()
