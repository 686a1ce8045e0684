"""Shops and, beside them, any number of Optiply accounts, for many tenants that each write into one of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from typing_extensions import override

from sandbox.optiply.app import OptiplyApi
from sandbox.optiply.store import OptiplyStore
from sandbox.server.serve import Servers
from sandbox.systems import SYSTEMS


class Accounts(Servers):
    """The servers, running between `with` and its end.

    Args:
        count: How many Optiply accounts there are.
        systems: What is read, by its names in `SYSTEMS`.
        shops: How many servers of each there are; by default every tenant of a system reads the same one.
        products, orders: How much that has.
        latency: Seconds added to every request of every server.
    """

    def __init__(
        self, count: int, systems: Sequence[str], *, products: int, orders: int, shops: int = 1, latency: float = 0.0
    ) -> None:
        """Prepare the servers; they listen from `start` on."""
        self.count, self.shops = count, shops
        self._own: dict[str, Mapping[str, str]] = {}
        read = {_shop(name, number): SYSTEMS[name].make for name in systems for number in range(shops)}
        accounts = {_name(number): OptiplyApi for number in range(count)}
        super().__init__({**read, **accounts}, products=products, orders=orders, latency=latency)

    @override
    def _listens(self, name: str, addresses: Mapping[str, str]) -> None:
        self._own[name] = addresses

    def addresses_of(self, system: str, number: int) -> dict[str, str]:
        """The addresses for a tenant that reads `system` and writes into that account, by the setting's name."""
        return {**self._own[_shop(system, number % self.shops)], **self._own[_name(number)]}

    def account(self, number: int) -> OptiplyStore:
        """What an account holds."""
        return cast(OptiplyApi, self.apis[_name(number)]).store


def _name(number: int) -> str:
    return f"optiply {number}"


def _shop(system: str, number: int) -> str:
    return f"{system} {number}" if number else system
