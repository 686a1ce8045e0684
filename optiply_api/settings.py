"""The settings with which one signs in at Optiply, declared once, in settings.csv: login, coupling and addresses."""

from collections.abc import Mapping
from typing import Any

from connector.addresses import SettingError, web_address
from connector.http.credentials import Credentials
from connector.singer.settings import Setting, declared

PRODUCTION_API = "https://api.optiply.com/v1"
PRODUCTION_AUTH = "https://dashboard.optiply.nl/api"
LOGIN = ("username", "password", "client_id", "client_secret")
# Setting -> (variable of the existing targets that takes precedence, production).
_ADDRESSES = {
    "api_url": ("optiply_base_url", PRODUCTION_API),
    "auth_url": ("optiply_dashboard_url", PRODUCTION_AUTH),
}
SIGN_IN: tuple[Setting, ...] = tuple(declared(__file__))
"""All but the account: each program says of it what it is for."""


def credentials(config: Mapping[str, Any]) -> Credentials:
    """What the configuration holds of a login."""
    return Credentials(*(text_of(config.get(key)) for key in (*LOGIN, "access_token")))


def address(config: Mapping[str, Any], env: Mapping[str, str], name: str, complaints: list[str]) -> str:
    """An address from the environment, the configuration or, with an account, production; complaints are added."""
    variable, production = _ADDRESSES[name]
    given = env.get(variable)
    setting = f"{variable} in the environment" if given else name
    value = given or config.get(name) or (production if config.get("account_id") is not None else None)
    if not isinstance(value, str):  # another complaint says so
        return ""
    try:
        return web_address(value, setting, production).geturl()
    except SettingError as error:
        complaints.append(f"{error}.")
        return ""


def missing(config: Mapping[str, Any], account: str) -> list[str]:
    """A sentence for each thing that a login needs and the configuration lacks; `account` names the account in it."""
    given, complaints = credentials(config), []
    if text_of(config.get("account_id")) is None:
        complaints.append(f"account_id is missing: give the id of {account}.")
    if not given.complete and given.access_token is None and not config.get("dry_run"):
        lacking = ", ".join(name for name in LOGIN if not getattr(given, name))
        complaints.append(f"{lacking} missing: give all of {', '.join(LOGIN)}, or an access_token.")
    return complaints


def text_of(value: object) -> str | None:
    """A setting as text; None where it is not filled in."""
    return str(value) if value not in (None, "") else None
