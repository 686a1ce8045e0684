"""Runs the target as `python -m target_magento`."""

from connector.loading import uncollected

with uncollected():
    from target_magento.target import main

if __name__ == "__main__":
    main()
