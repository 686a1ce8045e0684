"""What every flow of the ETL is made of: input, mapping table, conversions, diff, report, output."""
