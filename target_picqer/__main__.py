"""Runs the target as `python -m target_picqer`."""

from connector.loading import uncollected

with uncollected():
    from target_picqer.target import main

if __name__ == "__main__":
    main()
