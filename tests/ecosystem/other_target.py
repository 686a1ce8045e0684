"""A Singer target that knows nothing of Magento: singer-sdk's defaults, every record validated, JSON lines out."""

import json
from pathlib import Path

from singer_sdk import RecordSink, Target
from singer_sdk import typing as th


class JsonLinesSink(RecordSink):
    """Appends the records of a stream to its own file."""

    def process_record(self, record: dict, context: dict) -> None:
        with Path(self.config["folder"], f"{self.stream_name}.jsonl").open("a") as file:
            file.write(json.dumps(record, default=str) + "\n")


class OtherTarget(Target):
    """Refuses a record that its stream's SCHEMA does not allow, or that lacks a key."""

    name = "other-target"
    config_jsonschema = th.PropertiesList(th.Property("folder", th.StringType, required=True)).to_dict()
    default_sink_class = JsonLinesSink


if __name__ == "__main__":
    OtherTarget.cli()
