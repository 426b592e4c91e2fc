"""The rehearsal reads what an answer is made of."""

from custom_components.reply_satellite.voice.thinking.openai_rehearsal import rehearse


def test_rehearsal() -> None:
    # A message begins, and an empty piece of text comes.
    assert rehearse() == 2
