"""Reproducible randomness for the tests of this room."""

import random

import pytest


@pytest.fixture
def rng() -> random.Random:
    """Reproducible randomness."""
    return random.Random(20190101)
