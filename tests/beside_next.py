"""Lets the test plugin run beside a newer Home Assistant than it is made for.

`pytest -p tests.beside_next` loads this before the plugin.
"""

# First of all: it puts httpx2 in the place of httpx, which the plugin imports.
import homeassistant  # noqa: F401, I001

from homeassistant.components import logger
from homeassistant.components.logger import helpers

# The plugin takes it from where it was up to 2026.10.
logger._clear_logger_overwrites = helpers._clear_logger_overwrites
