"""What the server library says of requests that it cannot read, without their bytes: the token may be among them."""

import logging

LOGGER = logging.getLogger("inventory.receive.http")


def quiet_logger() -> logging.Logger:
    """The logger for the library; each of its lines becomes one sentence."""
    LOGGER.addFilter(_without_bytes)
    return LOGGER


def _without_bytes(record: logging.LogRecord) -> bool:
    record.msg, record.args, record.exc_info = "a request could not be read", (), None
    return True
