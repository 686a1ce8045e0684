"""What is wrong with the values of settings that every tap has, although their types are right."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from connector.addresses import SettingError, header_value, seconds
from connector.times import as_utc_text

IN_SECONDS = ("request_timeout", "retry_seconds", "throttle_seconds")


def complaints(config: Mapping[str, Any], secret: str, *further: Callable[[], object]) -> Iterator[str]:
    """A sentence for each setting that cannot be used, without a full stop; none shows a secret.

    `secret`: the setting with the key that goes into a header. `further` checks raise SettingError.
    """
    checks: list[Callable[[], object]] = [
        *further,
        *([partial(header_value, config[secret], secret)] if secret in config else []),
        partial(header_value, config.get("user_agent", ""), "user_agent", secret=False),
        *(partial(seconds, config[key], key) for key in IN_SECONDS if key in config),
    ]
    for check in checks:
        try:
            check()
        except SettingError as error:
            yield str(error)
    if value := config.get("start_date"):
        try:
            as_utc_text(str(value))
        except ValueError:
            yield f"start_date '{value}' is not a date: write it like 2026-01-31 or 2026-01-31T08:00:00Z"
