"""What the tests of DICOM reading ask of a scan or of a refusal."""

import numpy as np
import pytest
from imaging_samples import IDENTIFIERS, intensities

from oncospine.base import InputError
from oncospine.imaging import read_scan


def same_patient(scan, array=None):
    """The sample series as read: axes L, P, S with the values of `intensities`."""
    np.testing.assert_array_equal(scan.volume.array, intensities() if array is None else array)
    expected = np.array([[-0.8, 0, 0, 30], [0, -0.7, 0, 40], [0, 0, 2.5, 0], [0, 0, 0, 1]])
    np.testing.assert_allclose(scan.volume.affine, expected, atol=1e-9)


def refused(match, path, **options):
    with pytest.raises(InputError, match=match) as caught:
        read_scan(path, **options)
    message = str(caught.value)
    assert not [word for word in IDENTIFIERS if word in message]
    return message
