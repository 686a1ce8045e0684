"""Lets `python -m job` stand for `optiply-sync`."""

from connector.loading import uncollected

with uncollected():
    from job.cli import main

if __name__ == "__main__":
    main()
