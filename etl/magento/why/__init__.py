"""Why a product or an order of a Magento shop is in Optiply as it is, told from the store and the last reading."""
