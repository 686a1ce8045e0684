"""An independent re-computation of what Optiply must hold, row by row, written from the rules and not from the code."""
