"""What comes of the words: pictures are borne out or dropped, "reply" is confirmed."""

import asyncio

import numpy as np
import pytest
from homeassistant.exceptions import HomeAssistantError

from custom_components.reply_satellite import const, coordinator
from custom_components.reply_satellite.voice.hearing.heard import (
    KeywordHeard,
    Lulled,
    QuietBegan,
    QuietEnded,
)
from custom_components.reply_satellite.voice.hearing.spotter import SURE, Keyword
from custom_components.reply_satellite.voice.machine import (
    ALONE,
    Candidate,
    Chime,
    Phase,
    Recording,
    State,
)
from tests.residence import MakeResidence, Residence, murmured

SPEECH = "/v1/text-to-speech/*"


async def say_word(residence: Residence, word: Keyword, score: float) -> None:
    """Have the spotter hear a word now, and quiet after it."""
    await residence.murmur()
    residence.spot(word, score)


def hears(residence: Residence, transcript: str) -> None:
    """Have the transcriber understand this, in whichever way it is asked."""
    for path in ("/v1/transcribe*", "/v2/*"):
        residence.assemblyai.script(path, reply={"transcript": transcript})


@pytest.mark.parametrize(
    ("transcript", "score", "pictures"),
    [
        ("What is this? Snapshot.", 0.5, 1),
        ("What is this?", 0.5, 0),
        ("What is this?", SURE, 1),
    ],
    ids=["borne out", "not borne out", "sure"],
)
async def test_a_picture_nobody_asked_for_is_dropped(
    residence: Residence, transcript: str, score: float, pictures: int
) -> None:
    hears(residence, transcript)
    await residence.call("start_recording")
    await say_word(residence, Keyword.SNAPSHOT, score)
    # It is taken at once, whatever comes of it.
    await residence.until(lambda: "snapshot_taken" in residence.told)
    assert residence.satellite.data.phase is Phase.RECORDING
    await residence.call("end_recording")
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.transcript == "What is this?"
    assert len(turn.pictures) == pictures
    assert ("one picture" in turn.reply) == (pictures == 1)


async def test_a_picture_nobody_asked_for_is_not_kept(residence: Residence) -> None:
    """Or it would be found at the next start, and be sent with another try."""
    hears(residence, "What is this?")
    await residence.call("start_recording")
    await say_word(residence, Keyword.SNAPSHOT, 0.5)
    await residence.until(lambda: "snapshot_taken" in residence.told)
    async with residence.openai.refusing():
        await residence.call("end_recording")
        await residence.until_idle()
    satellite = residence.satellite
    assert satellite.turn is not None
    await residence.hass.async_block_till_done()
    kept = satellite.spool.pictures
    assert await asyncio.to_thread(kept, satellite.turn.id) == {}


@pytest.mark.parametrize(("score", "pictures"), [(ALONE - 0.01, 0), (ALONE, 1)])
async def test_where_nobody_confirms_a_word_must_be_surer(
    make_residence: MakeResidence, score: float, pictures: int
) -> None:
    residence = await make_residence({const.CONF_TRANSCRIBE_LIVE: False})
    hears(residence, "What is this?")
    await residence.call("start_recording")
    await say_word(residence, Keyword.SNAPSHOT, score)
    await say_word(residence, Keyword.REPLY, ALONE - 0.01)
    assert residence.satellite.data.phase is Phase.RECORDING
    await say_word(residence, Keyword.REPLY, ALONE)
    await residence.until_phase(Phase.TRANSCRIBING)
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert len(turn.pictures) == pictures


async def test_a_reply_is_confirmed_by_the_transcript(residence: Residence) -> None:
    live = "/v1/transcribe*"
    first, then = "I will reply to him.", "What is this? Reply."
    residence.assemblyai.script(live, reply={"transcript": then})
    residence.assemblyai.script(live, nth=1, reply={"transcript": first})
    await residence.call("start_recording")
    await say_word(residence, Keyword.REPLY, 0.5)
    assert _is_being_confirmed(residence)
    await residence.until(lambda: not _is_being_confirmed(residence))
    assert residence.satellite.data.phase is Phase.RECORDING
    await say_word(residence, Keyword.REPLY, 0.5)
    await residence.until(lambda: "recording_ended" in residence.told)
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.transcript == "I will reply to him. What is this?"


async def test_who_goes_on_after_a_lull_is_not_cut_off(residence: Residence) -> None:
    live = "/v1/transcribe*"
    residence.assemblyai.script(live, reply={"transcript": "What is this? Reply."})
    residence.assemblyai.script(live, nth=1, reply={"transcript": "I will reply"})
    await residence.call("start_recording")
    await residence.murmur()
    # However long the transcript takes: what is quiet is told by hand.
    residence.microphone.room = murmured(0.08)
    satellite = residence.satellite
    now = satellite.ears.position
    satellite.hear(KeywordHeard(Keyword.REPLY, now, 0.5, clock=0.0))
    satellite.hear(Lulled(now))
    assert _is_being_confirmed(residence)
    # The transcript bears it out before it is quiet.
    await residence.until(lambda: not _is_being_confirmed(residence))
    satellite.hear(QuietEnded(now + 0.15))
    assert satellite.data == State(Recording())
    await say_word(residence, Keyword.REPLY, 0.5)
    await residence.until(lambda: "recording_ended" in residence.told)
    await residence.until_idle()
    turn = satellite.turn
    assert turn is not None
    # "reply" at a seam was no keyword, and is not lost.
    assert turn.transcript == "I will reply What is this?"


def beating() -> bytes:
    """A fifth of a second of sound that is never soft for as long as a lull."""
    noise = np.random.default_rng(1).normal(0, 1, 3_200)
    sound = (noise * np.repeat([6_000, 600], [2_240, 960])).astype(np.int16)
    return bytes(sound)


@pytest.mark.parametrize("score", [0.5, SURE])
async def test_a_reply_over_music_is_borne_out_by_what_was_said_by_then(
    residence: Residence, monkeypatch: pytest.MonkeyPatch, score: float
) -> None:
    """No silence ever comes; nobody is cut off in the middle of a sentence either."""
    monkeypatch.setattr(coordinator, "LOUD_AFTER", 0.05)
    residence.microphone.room = beating()
    live = "/v1/transcribe*"
    goes_on, ends = "I will reply to him", "I will reply to him. What is this? Reply."
    residence.assemblyai.script(live, reply={"transcript": ends})
    # The first is the live upload, which goes on; what was said by now is a copy.
    residence.assemblyai.script(live, nth=2, reply={"transcript": goes_on})
    await residence.call("start_recording")
    await residence.until(lambda: residence.satellite.ears.position > 4.0)
    satellite = residence.satellite

    async def said() -> None:
        now = satellite.ears.position
        satellite.hear(KeywordHeard(Keyword.REPLY, now, score, clock=0.0))
        await residence.until(lambda: not _wonders(residence))

    await said()
    assert satellite.data.phase is Phase.RECORDING
    await said()
    await residence.until(lambda: "recording_ended" in residence.told)
    await residence.until_idle()
    turn = satellite.turn
    assert turn is not None
    # When the stand-in says that "reply" was said is up to how long it all took.
    assert turn.transcript.startswith("I will reply to him. What is this?")


async def test_a_reply_over_music_that_nobody_can_judge_ends_nothing(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinator, "LOUD_AFTER", 0.05)
    residence.microphone.room = beating()
    await residence.call("start_recording")
    await residence.until(lambda: residence.satellite.ears.position > 4.0)
    satellite = residence.satellite
    async with residence.assemblyai.refusing():
        now = satellite.ears.position
        satellite.hear(KeywordHeard(Keyword.REPLY, now, SURE, clock=0.0))
        await residence.until(lambda: not _wonders(residence))
    assert satellite.data.phase is Phase.RECORDING
    await residence.call("stop")


def _wonders(residence: Residence) -> bool:
    """Whether a "reply" was heard of which nobody has judged yet."""
    match residence.satellite.data.turn:
        case Recording(candidate=None, doubted=None):
            return False
        case Recording():
            return True
    return False


async def test_a_sure_reply_is_transcribed_from_the_lull_on(
    residence: Residence,
) -> None:
    hears(residence, "What is this? Reply.")
    await residence.call("start_recording")
    await residence.murmur()
    # However long the transcript takes: what is quiet is told by hand.
    residence.microphone.room = murmured(0.08)
    satellite = residence.satellite
    now = satellite.ears.position
    satellite.hear(KeywordHeard(Keyword.REPLY, now, SURE, clock=0.0))
    satellite.hear(Lulled(now))
    sent = residence.assemblyai.requests
    await residence.until(lambda: any(it.status == 200 and it.uploaded for it in sent))
    assert "recording_ended" not in residence.told
    satellite.hear(QuietBegan(now))
    await residence.until(lambda: "recording_ended" in residence.told)
    await residence.until_idle()
    turn = satellite.turn
    assert turn is not None
    assert turn.transcript == "What is this?"


def _is_being_confirmed(residence: Residence) -> bool:
    """Whether the transcriber is asked if the user said "reply"."""
    match residence.satellite.data.turn:
        case Recording(confirming=Candidate()):
            return True
    return False


def chimes(residence: Residence) -> list[str]:
    """The satellite's own sounds that the player was asked for."""
    asked = [one.data.get("id", "") for one in residence.player.asked]
    return [chime for id_ in asked for chime in Chime if f"/{chime}.mp3" in id_]


@pytest.mark.parametrize("wanted", [True, False])
async def test_chimes_are_played_if_they_are_wanted(
    make_residence: MakeResidence, wanted: bool
) -> None:
    residence = await make_residence({const.CONF_CHIMES: wanted})
    await residence.dictate("How are you?")
    await residence.until_idle()
    await residence.dictate("")
    await residence.until_idle()
    residence.openai.script(
        "/v1/responses", fault=residence.openai.error("server_error")
    )
    await residence.dictate("How are you?")
    await residence.until_idle()
    expected = [
        Chime.RECORDING,
        Chime.GOT_IT,
        Chime.RECORDING,
        Chime.GOT_IT,
        Chime.NOTHING_HEARD,
        Chime.RECORDING,
        Chime.GOT_IT,
        Chime.FAILED,
    ]
    if wanted:
        await residence.until(lambda: len(chimes(residence)) == len(expected))
    assert chimes(residence) == (expected if wanted else [])


@pytest.mark.parametrize("announces", [True, False])
async def test_the_chime_sounds_that_interrupts_an_answer(
    make_residence: MakeResidence, announces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop of the answer, which takes the player a while, does not stop it too."""
    residence = await make_residence({const.CONF_CHIMES: True})
    player = residence.player
    if not announces:
        player._attr_supported_features &= ~player.supported_features.MEDIA_ANNOUNCE
    stop = player.async_media_stop

    async def slow() -> None:
        await asyncio.sleep(0.2)
        await stop()

    monkeypatch.setattr(player, "async_media_stop", slow)
    residence.elevenlabs.script(SPEECH, reply={"silence": 60})
    await residence.call("ask", text="Tell me a long story", speak=False)
    asking = residence.hass.async_create_task(residence.call("ask", text="And aloud"))
    await residence.until_phase(Phase.SPEAKING)
    await residence.call("start_recording")
    await residence.until(lambda: chimes(residence) == [Chime.RECORDING])
    assert player.calls[-2:] == ["media_stop", "play_media"]
    await residence.call("stop")
    with pytest.raises(HomeAssistantError):
        await asking


async def test_the_chime_sounds_that_interrupts_a_saying(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({const.CONF_CHIMES: True})
    residence.elevenlabs.script(SPEECH, reply={"silence": 60})
    start = residence.hass.async_create_task
    saying = start(residence.call("say", message="A long story."))
    await residence.until(lambda: residence.player.calls == ["play_media"])
    await residence.call("start_recording")
    await residence.until(lambda: chimes(residence) == [Chime.RECORDING])
    assert residence.player.calls == ["play_media", "media_stop", "play_media"]
    await saying
    await residence.call("stop")
