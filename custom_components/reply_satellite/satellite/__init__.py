"""The parts of one satellite: what the coordinator plugs together."""
