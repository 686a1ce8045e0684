"""Runs the target as `python -m target_magento`."""

from target_magento.target import main

if __name__ == "__main__":
    main()
