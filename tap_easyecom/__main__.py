"""Runs the tap: `python -m tap_easyecom`."""

from connector.loading import uncollected

with uncollected():
    from tap_easyecom.tap import main

if __name__ == "__main__":
    main()
