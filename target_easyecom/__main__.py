"""Runs the target as `python -m target_easyecom`."""

from connector.loading import uncollected

with uncollected():
    from target_easyecom.target import main

if __name__ == "__main__":
    main()
