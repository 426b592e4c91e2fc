"""What all tests share."""

# Before anything of Home Assistant: else the test plugin's own folder of that name is
# taken for the place of custom integrations.
import custom_components  # noqa: F401
