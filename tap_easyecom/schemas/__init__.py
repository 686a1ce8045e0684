"""JSON Schemas of the records, one file per stream; what they do not name is left behind, personal data above all."""
