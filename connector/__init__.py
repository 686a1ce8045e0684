"""What every tap, target and job of the line is made of; knows no system by name."""
