"""Runs the target as `python -m target_magento`."""

from __future__ import annotations

from target_magento.target import main

if __name__ == "__main__":
    main()
