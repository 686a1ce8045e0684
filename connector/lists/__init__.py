"""Lists read to their end: by key, by number; with bad records isolated and completeness proven."""
