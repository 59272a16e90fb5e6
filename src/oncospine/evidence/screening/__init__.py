"""Screening: order of reading, decisions, agreement, stopping, simulation."""
