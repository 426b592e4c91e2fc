"""Tests of streamed text -> streamed audio."""
