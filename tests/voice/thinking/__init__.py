"""Tests of the thinking room."""
