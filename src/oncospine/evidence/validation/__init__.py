"""Published values against ours: every row of a file of expected values, computed again from the data beside it."""

from oncospine.evidence.validation.rows import ValidationRow, validate

__all__ = ["ValidationRow", "validate"]
