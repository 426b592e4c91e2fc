"""The figures of the design, ours and the peer's, measured in one run."""
