"""Reads an account for a person's question: objects by what they are equal in."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from delivery.report import WriteReport
from target_optiply.destination import OptiplyDestination
from target_optiply.settings import read_settings
from vocabulary.optiply import ENTITIES


@dataclass(frozen=True)
class Listed:
    """One object of the account."""

    id: str
    attributes: Mapping[str, Any]


class OptiplyAccount:
    """An account that is asked; it logs in with its first question."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Takes target-config.json. Raises ConfigValidationError where it cannot be used."""
        self._optiply = OptiplyDestination(read_settings(config), WriteReport(logging.getLogger("target-optiply")))
        self._entities = {entity.name: entity for entity in ENTITIES}

    def rows(self, entity: str, equal: Mapping[str, str]) -> list[Listed]:
        """The objects of an entity whose attributes are equal to these; all of them without any.

        Raises RunError when the whole list cannot be had.
        """
        found = self._optiply.listed(self._entities[entity], key=equal)
        return [Listed(one.id, one.attributes) for one in found]


@contextmanager
def open_account(config: Mapping[str, Any]) -> Iterator[OptiplyAccount]:
    """The account, until the block ends."""
    yield OptiplyAccount(config)
