"""Tests of the hearing room."""
