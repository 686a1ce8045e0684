"""Runs the target as `python -m target_picqer`."""

from target_picqer.target import main

if __name__ == "__main__":
    main()
