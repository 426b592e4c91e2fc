"""Tests of speech on its way to the players."""
