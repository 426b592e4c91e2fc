"""What comes out of a media player: chimes, speech, and the proof that it did."""
