"""What HotGlue expects of a tap beside Singer messages: error files, estimated counts, a token saved in the config."""

import logging
import os
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from connector.errors import LoginRefused, ProgramError, RunError
from connector.files import replace_file

LOGGER = logging.getLogger("hotglue")
ESTIMATES = "estimated_job_metrics.json"
LOGIN_REFUSED = "InvalidCredentialsError"
"""What the platform calls refused credentials, and tells the customer in its own words."""


def on_hotglue() -> bool:
    """Whether a HotGlue job runs this program."""
    return bool(os.environ.get("JOB_ROOT") and os.environ.get("TENANT")) or bool(os.environ.get("JOB_ID"))


def save_exception(error: BaseException) -> None:
    """Leaves `hg-tap-exception-<thread>.json` in the working folder of a HotGlue job: one line and the trace."""
    if not on_hotglue():
        return
    content = {
        "exception_name": LOGIN_REFUSED if isinstance(error, LoginRefused) else type(error).__name__,
        "exception_message": " ".join(str(error).split()) or type(error).__name__,
        "exception_traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        "alerting_level": "ERROR",
    }
    name = f"hg-tap-exception-{threading.get_ident()}.json"
    try:
        replace_file(Path(name), msgspec.json.format(msgspec.json.encode(content)))
    except OSError as trouble:
        LOGGER.error("%s cannot be written into the working folder: %s.", name, trouble.strerror)


class Counted(Protocol):
    """A stream whose records can be counted beforehand."""

    name: str

    def estimate(self) -> int | None:
        """About how many records it will put out; None where nobody can count cheaply."""


def save_estimates(folder: str, streams: Iterable[Counted], logger: logging.Logger) -> None:
    """Writes how many records each stream will put out, for the platform's progress bar; a help, never a hindrance."""
    counts: dict[str, int] = {}
    for stream in streams:
        try:
            number = stream.estimate()
        except ProgramError as error:
            logger.info("No estimate for %s: %s", stream.name, error)
            continue
        if number is not None:
            counts[stream.name] = number
    try:
        replace_file(Path(folder) / ESTIMATES, msgspec.json.encode({"estimatedRecordCount": counts}))
    except OSError as error:
        logger.warning("%s cannot be written to %s (%s); correct hg_sync_output.", ESTIMATES, folder, error.strerror)


def save_token(path: Path, config: dict[str, Any], token: str) -> None:
    """Puts a fresh token into the configuration file, readable by its owner alone.

    Raises RunError when the file cannot be written.
    """
    content = msgspec.json.format(msgspec.json.encode({**config, "access_token": token}))
    try:
        replace_file(path, content, mode=0o600, durable=True)
    except OSError as error:
        raise RunError(
            f"The new access token cannot be saved in {path} ({error.strerror}): make the file and its folder writable."
        ) from error
