"""Runs the target as `python -m target_optiply`."""

from connector.loading import uncollected

with uncollected():
    from target_optiply.target import main

if __name__ == "__main__":
    main()
