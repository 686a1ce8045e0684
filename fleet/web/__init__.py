"""The fleet's page: all tenants, each tenant's runs, and what a person can ask for there."""
