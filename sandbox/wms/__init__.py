"""A small warehouse system that sends its stock figures, and the shop extension they were made for."""
