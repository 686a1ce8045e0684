"""Many tenants on many machines: their configuration, runs and pages in one PostgreSQL database."""
