"""Tests of the voice, room by room."""
