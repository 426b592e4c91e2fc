"""Microphone -> frames -> keywords -> recording."""
