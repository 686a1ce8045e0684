"""Runs the tap: `python -m tap_magento`."""

from connector.loading import uncollected

with uncollected():
    from tap_magento.tap import main

if __name__ == "__main__":
    main()
