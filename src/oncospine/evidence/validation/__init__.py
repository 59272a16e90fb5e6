"""Published values against ours: every row of a file of expected values, computed again from the data beside it."""
