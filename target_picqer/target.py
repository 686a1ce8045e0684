"""The Singer target that writes purchase orders to Picqer: its name, settings and help."""

from connector.singer.settings import json_schema
from delivery.plain import Made, PlainTarget
from target_picqer.destination import PicqerDestination
from target_picqer.settings import SETTINGS, read_settings


class TargetPicqer(PlainTarget):
    """Writes purchase orders to Picqer: one order there for each record here."""

    name = "target-picqer"
    config_jsonschema = json_schema(SETTINGS)
    writes = (
        "Write purchase orders to Picqer: stream purchaseorders makes concepts, stream placed marks them purchased."
    )
    example = "purchases.singer"
    made = Made(read_settings, PicqerDestination, lambda settings: f"the Picqer account at {settings.address}")


main = TargetPicqer.main
