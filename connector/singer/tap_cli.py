"""The command: options, signals, exit codes and the one clear sentence a failed run ends with."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, Any

import click
from singer_sdk.exceptions import ConfigValidationError

from connector.errors import ProgramError, Stopped
from connector.files import FileError, json_object, read_object
from connector.hotglue import save_estimates, save_exception, save_token
from tap_magento.auth import AdminLogin

if TYPE_CHECKING:
    from tap_magento.tap import TapMagento

HELP = """Read a Magento 2 shop and write Singer messages to standard output.

Exit codes: 0 read to the end, or stopped by a signal (bad records are isolated and counted), 1 a stream, the login or
the configuration failed, 2 wrong command line.

\b
Example: tap-magento --config config.json --state state.json > sync-output/tap.singer
"""
LOGGER = logging.getLogger("tap-magento")
SIGNALS = ("SIGTERM", "SIGINT", "SIGUSR1")


class UnusableFile(click.ClickException):
    """A file named on the command line cannot be used; ends the program with 1 and one sentence."""


def read_json(path: Path, what: str) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        UnusableFile: when the file is missing, or does not hold a JSON object.
    """
    try:
        return read_object(path)
    except FileError as error:
        raise UnusableFile(f"The {what} file {error}. Correct it or leave out --{what}.") from error


def read_optional(file: IO[str] | None, what: str) -> dict[str, Any] | None:
    """The object in an open JSON file; None without a file or for an empty one, as a pipe leaves its first state."""
    if file is None:
        return None
    # The bytes below the text, since other encodings must be told apart rather than fail.
    content = file.buffer.read() if isinstance(file, io.TextIOWrapper) else file.read().encode()
    try:
        return json_object(content, str(getattr(file, "name", what)), unique=False) if content.strip() else None
    except FileError as error:
        raise UnusableFile(f"The {what} file {error}. Correct it or leave out --{what}.") from error


def read_catalog(file: IO[str] | None) -> dict[str, Any] | None:
    """The catalogue in an open file, or None.

    Raises:
        UnusableFile: when it is not a list of streams with their ids and metadata.
    """
    catalog = read_optional(file, "catalog")
    entries = [] if catalog is None else catalog.get("streams")
    if isinstance(entries, list) and all(map(_is_entry, entries)):
        return catalog
    raise UnusableFile(
        f"The catalog file {getattr(file, 'name', 'catalog')} has no list 'streams' of objects with tap_stream_id "
        "and metadata. Take the one that --discover prints, or leave out --catalog."
    )


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("tap_stream_id"), str)
        and isinstance(entry.get("metadata", []), list)
    )


def run(tap: TapMagento) -> int:
    """Reads everything chosen and gives the exit code: 0, or 1 when a stream or the whole run failed.

    Raises:
        RunError: there are no credentials, or no way to the shop that could be tried.
    """
    shop = tap.shop
    listen(tap)
    try:
        if folder := tap.config.get("hg_sync_output"):
            shop.start()
            save_estimates(str(folder), tap.chosen())
        tap.read()
    except Stopped:
        tap.state_writer.write_state(tap.state)
        LOGGER.warning("Stopped by a signal; streams not read to their end will be read again by the next run.")
        return 0
    except BrokenPipeError:
        abandon_output()
        LOGGER.error("Whatever reads this tap's output has ended; look at its own messages.")
        return 1
    except ProgramError as error:
        tap.state_writer.write_state(tap.state)
        return failed(error)
    finally:
        shop.close()
    if tap.failures:
        names = ", ".join(sorted(tap.failures))
        first = next(iter(tap.failures.values()))
        save_exception(first)
        LOGGER.error("%d of the streams failed (%s). The first reason: %s", len(tap.failures), names, first)
        return 1
    return 0


def failed(error: BaseException) -> int:
    """Says why the run failed, in one last line, and gives the exit code."""
    save_exception(error)
    LOGGER.error("%s", " ".join(str(error).split()))
    return 1


def listen(tap: TapMagento) -> None:
    """Lets SIGTERM, SIGINT and SIGUSR1 end the run between two pages."""

    def stop(_signum: int, _frame: FrameType | None) -> None:
        tap.shop.pool.stopping.set()

    for name in SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


def refresh_token(tap: TapMagento, config_file: Path | None, config: dict[str, Any]) -> int:
    """`--access-token`: logs in anew and saves the token in the configuration file; nothing to do for fixed tokens."""
    signer = tap.shop.api.signer
    if not isinstance(signer, AdminLogin):
        LOGGER.info("The credentials of this configuration never expire; there is no access token to refresh.")
        return 0
    token = tap.shop.log_in()
    if config_file is None:
        LOGGER.info("The login works; without --config there is no file to save the token in.")
    else:
        save_token(config_file, config, token)
        LOGGER.info("The new access token is saved in %s.", config_file)
    return 0


def abandon_output() -> None:
    """Points standard output at nothing, so that the interpreter's last flush does not fail again."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())


def guarded(action: Callable[[], int]) -> int:
    """Runs an action; an expected error becomes a sentence and exit code 1."""
    try:
        return action()
    except ConfigValidationError as error:
        reasons = "; ".join(error.errors)
        return failed(
            ProgramError(f"The configuration cannot be used: {reasons}. Correct the file given with --config.")
        )
    except ProgramError as error:
        return failed(error)


def config_file(arguments: Sequence[str]) -> Path | None:
    """The last file given with --config."""
    found = None
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--config":
            value = value or (arguments[position + 1] if position + 1 < len(arguments) else "")
            found = Path(value) if value and value != "ENV" else found
    return found
