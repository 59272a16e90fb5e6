"""Duplicates: which records are one publication."""
