"""Runs the tap: `python -m tap_optiply`."""

from connector.loading import uncollected

with uncollected():
    from tap_optiply.tap import main

if __name__ == "__main__":
    main()
