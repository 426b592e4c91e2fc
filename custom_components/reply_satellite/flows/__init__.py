"""The steps of the config flow: forms, and what is tried out on them."""
