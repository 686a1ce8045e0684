"""Reads the recorded answers of a real Magento 2.4.7, whose folder MAGENTO_RECORDINGS names; holds no test."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = os.environ.get("MAGENTO_RECORDINGS")


@dataclass(frozen=True)
class Recording:
    """One request of a reading and what came back; `path` is the part of the address after `/V1/`, without query."""

    file: str
    target: str
    status: int
    content_type: str

    @property
    def path(self) -> str:
        return re.sub(r"^/rest/(?:\w+/)?V1/", "", self.target.partition("?")[0])

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def body(self) -> Any:
        return json.loads((Path(FOLDER or "") / self.file).read_text(encoding="utf-8"))

    @property
    def is_list(self) -> bool:
        return isinstance(self.body, dict) and "total_count" in self.body

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a list, of a bare list, or the one object."""
        body = self.body
        if isinstance(body, list):
            return body
        return list(body["items"] or []) if self.is_list else [body]


def readings() -> list[Recording]:
    """Every recorded reading that the index lists with its request."""
    if not FOLDER:
        return []
    index = json.loads((Path(FOLDER) / "INDEX.json").read_text(encoding="utf-8"))
    return [Recording(e["file"], e["request"].removeprefix("GET "), e["status"], e["content_type"]) for e in index]
