"""The way of a turn, microphone to loudspeaker; knows nothing of Home Assistant."""
