"""Runs the tap: `python -m tap_picqer`."""

from connector.loading import uncollected

with uncollected():
    from tap_picqer.tap import main

if __name__ == "__main__":
    main()
