"""Runs the tap: `python -m tap_optiply`."""

from tap_optiply.tap import main

if __name__ == "__main__":
    main()
