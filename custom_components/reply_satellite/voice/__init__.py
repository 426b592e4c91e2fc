"""The way of a turn, from microphone to loudspeaker; knows nothing of Home Assistant."""
