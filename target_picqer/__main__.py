"""Runs the target as `python -m target_picqer`."""

from __future__ import annotations

from target_picqer.target import main

if __name__ == "__main__":
    main()
