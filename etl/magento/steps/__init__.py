"""The steps of Magento's flow: each reads from the store, applies rules and stores what Optiply should have."""
