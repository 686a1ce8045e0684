"""The Singer target that writes purchase orders to EasyEcom: its name, settings and help."""

from connector.singer.settings import json_schema
from delivery.plain import Made, PlainTarget
from target_easyecom.destination import EasyDestination
from target_easyecom.settings import SETTINGS, read_settings


class TargetEasyEcom(PlainTarget):
    """Writes purchase orders to EasyEcom: one order there for each record here."""

    name = "target-easyecom"
    config_jsonschema = json_schema(SETTINGS)
    writes = "Write purchase orders to EasyEcom: stream purchaseorders makes them, approved at once."
    example = "purchases.singer"
    made = Made(read_settings, EasyDestination, lambda told: f"the EasyEcom account at {told.access['easyecom_url']}")


main = TargetEasyEcom.main
