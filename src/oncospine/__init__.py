"""oncospine: from scans and examination of a spinal tumour to a cited, staged operation."""

__version__ = "0.1.0"
