"""Which systems the sandbox plays, and `Sandbox`: the servers of them that somebody asks for, with short names."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sandbox.server.api import Api, Ground
from sandbox.server.serve import Servers
from sandbox.server.state import SandboxError

if TYPE_CHECKING:
    from sandbox.easyecom.account import Size as EasySize
    from sandbox.easyecom.running import Account as EasyAccount
    from sandbox.easyecom.store import EasyStore
    from sandbox.magento.app import MagentoApi
    from sandbox.magento.call import Server
    from sandbox.magento.controls import Controls
    from sandbox.optiply.app import OptiplyApi
    from sandbox.optiply.auth import Tokens
    from sandbox.optiply.buying import Buying
    from sandbox.optiply.store import OptiplyStore, Settings
    from sandbox.picqer.account import Size
    from sandbox.picqer.running import Account
    from sandbox.picqer.store import PicqerStore
    from sandbox.server.faults import Faults
    from sandbox.shop.shop import Shop

@dataclass(frozen=True)
class System:
    """One system of the sandbox.

    Attributes:
        made_by: Its server's module and class; it is loaded when it is asked for.
        port: Its port in `python -m sandbox serve`; None where it runs only when asked for.
    """

    made_by: str
    port: int | None = None

    def make(self, ground: Ground, **more: Any) -> Api:  # noqa: ANN401 - what that class takes besides
        """Load the server and make it."""
        module, _, name = self.made_by.partition(":")
        make: Callable[..., Api] = getattr(importlib.import_module(module), name)
        return make(ground, **more)


SYSTEMS = {
    "magento": System("sandbox.magento.app:MagentoApi", 8765),
    "optiply": System("sandbox.optiply.app:OptiplyApi", 8766),
    "picqer": System("sandbox.picqer.running:Account"),
    "easyecom": System("sandbox.easyecom.running:Account"),
}
"""In the order in which they start."""


class Sandbox(Servers):
    """Magento, Optiply and, when asked for, Picqer and EasyEcom; running between `with` and its end.

    Args:
        seed, products, orders: The shop and the account; when absent those of the state directory, else the defaults.
        latency: Seconds added to every request of every server.
        state_dir: Where Optiply's objects and the days are kept; nothing is kept without it.
        ports: The port of a server, by its name; 0 picks a free one.
        magento: False leaves out Magento and its shop.
        settings: How Optiply behaves.
        picqer: True starts Picqer too, with an account of as many products and orders; a `Size` says more exactly.
        easyecom: The same for EasyEcom.

    Raises:
        SandboxError: If a port is taken or the state directory holds something else.
    """

    def __init__(
        self,
        seed: int | None = None,
        products: int | None = None,
        orders: int | None = None,
        latency: float = 0.0,
        state_dir: Path | None = None,
        ports: Mapping[str, int] | None = None,
        *,
        magento: bool = True,
        settings: Settings | None = None,
        picqer: bool | Size = False,
        easyecom: bool | EasySize = False,
    ) -> None:
        """Prepare the servers; they listen from `start` on."""
        more: dict[str, dict[str, Any]] = {"optiply": {"settings": settings}}
        if magento:
            more["magento"] = {}
        if picqer:
            more["picqer"] = {"size": None if picqer is True else picqer}
        if easyecom:
            more["easyecom"] = {"size": None if easyecom is True else easyecom}
        apis = {name: partial(system.make, **more[name]) for name, system in SYSTEMS.items() if name in more}
        super().__init__(
            apis, seed=seed, products=products, orders=orders, latency=latency, state_dir=state_dir, ports=ports
        )

    def _api(self, name: str) -> Any:  # noqa: ANN401 - each short name below says its type
        if name not in self.apis:
            raise SandboxError(f"This sandbox runs no {name} server: ask for it with {name}=True.")
        return self.apis[name]

    @property
    def shop(self) -> Shop:
        """Magento's data."""
        return cast("MagentoApi", self._api("magento")).shop

    @property
    def magento(self) -> Server:
        """Magento's server; its `settings` say how that Magento is configured."""
        return cast("MagentoApi", self._api("magento")).server

    @property
    def selling(self) -> Controls:
        """What people do in Magento's shop: call its verbs through `call`, or set them in `apis["magento"].moments`."""
        return cast("MagentoApi", self._api("magento")).controls

    @property
    def optiply(self) -> OptiplyStore:
        """Optiply's data and settings."""
        return cast("OptiplyApi", self._api("optiply")).store

    @property
    def buying(self) -> Buying:
        """What people do in Optiply's web app: call its verbs through `call`."""
        return cast("OptiplyApi", self._api("optiply")).buying

    @property
    def tokens(self) -> Tokens:
        """Optiply's tokens."""
        return cast("OptiplyApi", self._api("optiply")).tokens

    @property
    def account(self) -> Account:
        """Picqer's account, with its faults and its rate limit."""
        return cast("Account", self._api("picqer"))

    @property
    def picqer(self) -> PicqerStore:
        """Picqer's data and settings."""
        return self.account.store

    @property
    def easyecom_account(self) -> EasyAccount:
        """EasyEcom's account, with its faults, its logins and its limits."""
        return cast("EasyAccount", self._api("easyecom"))

    @property
    def easyecom(self) -> EasyStore:
        """EasyEcom's data and settings."""
        return self.easyecom_account.store

    @property
    def faults_magento(self) -> Faults:
        """Magento's faults and latency."""
        return cast("Api", self._api("magento")).faults

    @property
    def faults_optiply(self) -> Faults:
        """Optiply's faults and latency."""
        return cast("Api", self._api("optiply")).faults

    @property
    def magento_url(self) -> str:
        """The shop's address (`store_url`), without a path."""
        return self.addresses().get("magento_url", "")

    @property
    def optiply_url(self) -> str:
        """The API's address with `/v1` (`api_url`)."""
        return self.addresses().get("optiply_url", "")

    @property
    def auth_url(self) -> str:
        """The address before `/auth/oauth/token`."""
        return self.addresses().get("auth_url", "")

    @property
    def picqer_url(self) -> str:
        """The address of Picqer's account (`picqer_url`), without a path."""
        return self.addresses().get("picqer_url", "")

    @property
    def easyecom_url(self) -> str:
        """The address of EasyEcom's API (`easyecom_url`), without a path."""
        return self.addresses().get("easyecom_url", "")
