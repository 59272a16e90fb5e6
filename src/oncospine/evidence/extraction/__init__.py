"""Extraction: typed tables of patients and series, double entry, appraisal."""
