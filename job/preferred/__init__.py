"""Which supplier of a product is the preferred one, from a file that a person keeps."""
