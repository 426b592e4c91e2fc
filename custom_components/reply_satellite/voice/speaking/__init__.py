"""Streamed text -> sentences -> streamed audio."""
