"""The first words sound while the model still writes."""

from custom_components.reply_satellite.satellite import asking
from custom_components.reply_satellite.voice.turn import Outcome, Step

from ..bench.sentences import EACH_TOKEN, FIRST, NEXT, REPLY, SENTENCES
from ..residence import Residence
from ..standins.script import Latency


async def test_audio_is_fetched_before_the_second_sentence_is_written(
    residence: Residence,
) -> None:
    """Tokens every 30 ms, and sixty sentences of them."""
    satellite, player = residence.satellite, residence.player
    # What the stand-in has spoken once it does not have to make again.
    residence.openai.script(path="/v1/responses", reply={"text": FIRST})
    await residence.call("ask", text="Begin")
    pace = Latency(first=EACH_TOKEN, each=EACH_TOKEN)
    residence.openai.script(path="/v1/responses", reply={"text": REPLY}, latency=pace)
    assert REPLY.count(".") == SENTENCES
    player.fetched.clear()
    read = ""
    fetched: list[bool] = []

    def watch(delta: str) -> None:
        nonlocal read
        read += delta
        if not fetched and len(read) >= len(f"{FIRST} {NEXT}"):
            fetched.append(any(fetch.audio for fetch in player.fetched))
            satellite.hush()

    turn = await asking.ask(satellite, "Tell me", watch=watch)
    assert fetched == [True]
    assert turn.outcome is Outcome.CANCELLED
    assert turn.steps[Step.FIRST_TOKEN] < turn.steps[Step.FIRST_AUDIO]
