"""The settings of the tap: one table, settings.csv, gives validation, `--about` and the table in the docs.

Names and meanings of the existing hotgluexyz tap are kept, so that a tenant's configuration moves over unchanged.
"""

from connector.singer.settings import Setting, declared, reading_settings
from magento_api.settings import SIGN_IN

_ROWS = (
    "Rows a page of products, orders and other heavy lists; three times as many where only ids and SKUs are asked for, "
    "and more where those come at once. Magento needs 6 to 20 ms a row, so a page of 300 orders takes seconds."
)

_GIVEN = {setting.name: setting for setting in SIGN_IN} | reading_settings("shop", 300, _ROWS)
SETTINGS: list[Setting] = declared(__file__, _GIVEN)
