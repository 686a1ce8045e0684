"""Magento's business rules as pure functions, a module per subject."""
