"""A Singer target for Magento 2, and whatever else writes stock: reads a shop's stock and sets it, nothing else."""
