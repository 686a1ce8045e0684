"""Runs the target as `python -m target_easyecom`."""

from __future__ import annotations

from target_easyecom.target import main

if __name__ == "__main__":
    main()
