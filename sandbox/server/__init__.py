"""What every sandbox server shares: clock, faults, request log, control, state."""
