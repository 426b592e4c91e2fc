"""What was heard of an answer that was stopped is known, and told."""

from custom_components.reply_satellite import const
from custom_components.reply_satellite.voice.machine import Phase

from ..residence import MakeResidence, Residence

FIRST = "This is the first sentence."
REPLY = f"{FIRST} This is the second one, and a much longer one it is."
NOTE = f"[The user has heard this reply only up to: “{FIRST}”]"


async def stop_after_the_first_sentence(residence: Residence) -> None:
    """Have an answer spoken, and say stop when one sentence has sounded."""
    speech = "/v1/text-to-speech/*"
    residence.elevenlabs.script(speech, reply={"silence": 0.3})
    residence.elevenlabs.script(speech, nth=2, times=99, reply={"silence": 30.0})
    residence.openai.script(path="/v1/responses", reply={"text": REPLY})
    await residence.dictate("Tell me something")
    await residence.until_phase(Phase.SPEAKING)
    speech_of = residence.satellite.running._speech  # type: ignore[union-attr]
    assert speech_of is not None
    await residence.until(lambda: speech_of.heard_text == FIRST)
    await residence.call("stop")
    await residence.until_idle()
    residence.openai.clear_script()


async def test_the_record_says_which_sentences_were_heard(
    residence: Residence,
) -> None:
    await stop_after_the_first_sentence(residence)
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.heard_text == FIRST
    assert turn.heard is not None
    assert 0.3 <= turn.heard < 30
    assert residence.events[-1].data["type"] == "turn_cancelled"
    assert residence.events[-1].data["heard"] == FIRST


async def test_the_model_is_told(make_residence: MakeResidence) -> None:
    residence = await make_residence({const.CONF_HOT_WINDOW: 600})
    await stop_after_the_first_sentence(residence)
    await residence.call("ask", text="Go on", speak=False)
    await residence.call("ask", text="And then?", speak=False)
    *_, after, later = [
        it.body for it in residence.openai.requests if it.path == "/v1/responses"
    ]
    told = [it.get("content") for it in after["input"] if it["role"] == "developer"]
    assert told == [NOTE]
    assert all(it["role"] == "user" for it in later["input"])


async def test_an_answer_that_is_spoken_to_its_end_leaves_nothing_to_tell(
    residence: Residence,
) -> None:
    await residence.call("ask", text="Hello")
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.heard_text is None
