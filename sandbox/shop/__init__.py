"""The seeded shop behind the Magento sandbox."""
