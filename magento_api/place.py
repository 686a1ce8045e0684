"""Where the shop is: its address and the scope that store_url may name, told apart by the path segment `rest`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.addresses import SettingError, web_address
from connector.errors import RunError

_VERSION = re.compile(r"V\d+", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]\w*", re.ASCII)
# Magento reads these as another kind of service, not as the code of a store view.
_OTHER_SERVICES = {"async", "schema"}


@dataclass(frozen=True)
class Place:
    """The shop's own address, without a slash at its end, and the scope that stood behind /rest, if any."""

    address: str
    scope: str | None


def place_of(store_url: str) -> Place:
    """What store_url names; people copy it with /rest, /rest/V1, /rest/<scope>/V1 or a whole endpoint.

    A folder that only begins like it (/restaurant) belongs to the address.

    Raises SettingError: it is no web address, holds a user name, or names something else than a scope behind /rest.
    """
    parts = web_address(store_url, "store_url")
    segments = parts.path.split("/")
    if "rest" not in segments:
        return Place(parts.geturl(), None)
    cut = len(segments) - 1 - segments[::-1].index("rest")
    address = parts._replace(path="/".join(segments[:cut]).rstrip("/")).geturl()
    behind = [segment for segment in segments[cut + 1 :] if segment]
    version = next((number for number, segment in enumerate(behind) if _VERSION.fullmatch(segment)), len(behind))
    scope = behind[:version]
    if not scope:
        return Place(address, None)
    if len(scope) > 1 or not _CODE.fullmatch(scope[0]) or scope[0] in _OTHER_SERVICES:
        raise SettingError(
            f"store_url names '/rest/{'/'.join(scope)}', which is not the code of a store view: leave out /rest and "
            "what follows, and set store_code where a scope is meant"
        )
    return Place(address, scope[0])


def store_address(store_url: str) -> str:
    """The shop's address without trailing slash or REST path.

    Raises RunError when it is no address, holds a user name, or names something else than a scope behind /rest.
    """
    try:
        return place_of(store_url).address
    except SettingError as error:
        raise RunError(f"{error}.") from error


def with_scope(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with the scope that store_url names (/rest/de/V1) as its store_code.

    Raises SettingError: store_url cannot be used, or names another scope than store_code.
    """
    place = place_of(config["store_url"]) if isinstance(config.get("store_url"), str) else None
    if place is None or place.scope is None:
        return dict(config)
    code = config.get("store_code") or place.scope
    if code != place.scope:
        raise SettingError(
            f"store_url names the scope '{place.scope}' and store_code '{code}': leave one of them out, for only one "
            "can be read at a time"
        )
    return {**config, "store_url": place.address, "store_code": code}
