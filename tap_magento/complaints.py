"""What `optiply-sync` says of a shop's settings that are of the right type: the login, the address, other values."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.addresses import SettingError
from magento_api.place import place_of
from tap_magento.config import wrong_values

OAUTH_KEYS = ("consumer_key", "consumer_secret")


def complaints(config: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each mistake; none shows a secret."""
    yield from _login(config)
    try:
        place_of(str(config["store_url"]))
    except SettingError as error:
        yield f"{error}."
    for sentence in wrong_values(config):
        yield f"{sentence}."


def _login(config: Mapping[str, Any]) -> Iterator[str]:
    token = config.get("oauth_token") or config.get("access_token")
    if config.get("use_oauth"):
        secret = config.get("oauth_token_secret") or config.get("access_token_secret")
        missing = [key for key in OAUTH_KEYS if not config.get(key)]
        missing += [] if token else ["oauth_token"]
        missing += [] if secret else ["oauth_token_secret"]
        if missing:
            yield f"use_oauth needs {', '.join(missing)} as well; Magento shows all four on the integration's page."
    elif config.get("username") and not config.get("password"):
        yield "'username' has no 'password'; add it, or use 'access_token' alone."
    elif not token and not config.get("username"):
        yield "no login for the shop; expected 'access_token', or 'username' and 'password', or 'use_oauth'."
