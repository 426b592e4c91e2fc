"""What the tests of a satellite share."""

import pytest

from ..residence import MakeResidence, Residence
from .pausing import thinking_ahead


@pytest.fixture
async def ahead(make_residence: MakeResidence) -> Residence:
    """A residence whose satellite thinks ahead."""
    return await thinking_ahead(make_residence)
