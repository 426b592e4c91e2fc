"""End to end: real processes, real sound, and a real Home Assistant."""
