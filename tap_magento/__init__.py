"""A Singer tap for Magento 2: reads a shop over its REST API and nothing else."""
