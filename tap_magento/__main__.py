"""Runs the tap: `python -m tap_magento`."""

from tap_magento.tap import main

if __name__ == "__main__":
    main()
