"""Threads; transcript and pictures -> streamed answer, tool calls."""
