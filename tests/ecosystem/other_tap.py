"""A Singer tap that knows nothing of Magento: singer-sdk's defaults, records from a JSON file."""

import json
from collections.abc import Iterable
from pathlib import Path

from singer_sdk import Stream, Tap
from singer_sdk import typing as th


class RowsStream(Stream):
    """The rows of one stream in the file, with the SDK's own typing and messages."""

    primary_keys = ("remoteId",)

    def get_records(self, context: object) -> Iterable[dict]:
        yield from self.rows


class OtherTap(Tap):
    """Reads `{stream: {"schema": …, "rows": […]}}`."""

    name = "other-tap"
    config_jsonschema = th.PropertiesList(th.Property("file", th.StringType, required=True)).to_dict()

    def discover_streams(self) -> list[Stream]:
        streams = []
        for name, content in json.loads(Path(self.config["file"]).read_text()).items():
            stream = RowsStream(self, name=name, schema=content["schema"])
            stream.rows = content["rows"]
            streams.append(stream)
        return streams


if __name__ == "__main__":
    OtherTap.cli()
