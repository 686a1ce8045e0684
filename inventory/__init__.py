"""Stock figures from a warehouse system: received as messages, put in order, calculated and written into a shop."""
