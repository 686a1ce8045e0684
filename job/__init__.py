"""The job: runs tap, ETL and target over one folder, and everything a person touches while doing so."""
