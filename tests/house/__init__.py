"""The virtual house: a sound card, a music player, a camera's picture, Home Assistant.

All of it is real (PulseAudio, MPD, Home Assistant as processes); only the air between
the loudspeaker, the speaker's mouth and the microphone is missing.
"""
