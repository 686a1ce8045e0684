"""The report of runs as pages."""
