"""A change of stock whose fate could not be told, so that a person must look at the shop and say it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol


class Held(Protocol):
    """One figure; `before` stood there, `after` was written, `read` was found afterwards."""

    @property
    def sku(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def before(self) -> Decimal: ...  # noqa: D102
    @property
    def after(self) -> Decimal: ...  # noqa: D102
    @property
    def read(self) -> Decimal | None: ...  # noqa: D102
    @property
    def references(self) -> Sequence[str]:
        """What was to be applied."""
