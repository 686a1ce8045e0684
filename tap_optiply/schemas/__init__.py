"""JSON Schemas of the records, one file per stream."""
