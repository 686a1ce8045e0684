"""What a person asks of the store: counts, reasons, moving ids in and out."""
