"""The settings that say where a shop is and who asks it: the same for whatever reads it and whatever writes to it.

Names and meanings of the existing hotgluexyz tap are kept, so that a tenant's configuration moves over unchanged.
"""

from collections.abc import Mapping
from typing import Any

from connector.addresses import SettingError, header_value, visible
from connector.singer.settings import Setting, declared

SIGN_IN: tuple[Setting, ...] = tuple(declared(__file__))

OAUTH_SETTINGS = (
    ("consumer_key",),
    ("consumer_secret",),
    ("oauth_token", "access_token"),
    ("oauth_token_secret", "access_token_secret"),
)
"""What signing needs, each under one of these names."""


def wrong_credentials(config: Mapping[str, Any]) -> list[str]:
    """A sentence for each credential that cannot be sent; none shows a secret.

    Every secret but the password travels in a header, or signs one.
    """
    sentences = []
    for setting in SIGN_IN:
        if setting.name not in config:
            continue
        try:
            if setting.name in ("username", "password"):
                visible(config[setting.name], setting.name)
            elif setting.secret:
                header_value(config[setting.name], setting.name)
        except SettingError as error:
            sentences.append(str(error))
    if config.get("use_oauth"):
        missing = [" or ".join(names) for names in OAUTH_SETTINGS if not any(config.get(name) for name in names)]
        if missing:
            sentences.append(f"use_oauth needs {', '.join(missing)} as well: the integration in the admin shows them")
    return sentences
