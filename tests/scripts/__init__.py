"""The scripts a newcomer runs."""
