"""JSON Schemas of the records, one file per stream; open where Magento is open."""
