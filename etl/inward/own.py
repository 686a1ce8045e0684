"""A tenant's own mappings of product fields, which every flow into Optiply takes as its setting `custom_mappings`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import field_validator

from etl.core.flags import Flags


class MappingFlags(Flags):
    """Flags with `custom_mappings`: Optiply product field → the source's field, or that and a conversion.

    own_field: what the source's field is called in the long form.
    """

    own_field: ClassVar[str]

    @field_validator("custom_mappings", mode="before", check_fields=False)
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`{"price": "cost"}` is short for a mapping with the field's own conversion."""
        if not isinstance(value, Mapping):
            return {} if value is None else value
        return {name: {cls.own_field: item} if isinstance(item, str) else item for name, item in value.items()}

    @property
    def own_sources(self) -> dict[str, tuple[str, str | None]]:
        """The tenant's custom mappings."""
        found: Mapping[str, Any] = vars(self)["custom_mappings"]
        return {name: (getattr(item, self.own_field), item.conversion) for name, item in found.items()}


def schema_with_lists(flags: type[Flags], *lists: str) -> dict[str, Any]:
    """The JSON Schema of each setting; lists are taken as text with commas too, and the short form of a mapping."""
    found: dict[str, Any] = flags.model_json_schema()["properties"]
    for name in ("not_sync_entities", *lists):
        found[name] |= {"type": ["array", "string"]}
    found["custom_mappings"]["additionalProperties"] = {"type": ["string", "object"]}
    return found
