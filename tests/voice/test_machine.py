"""The rules of a satellite, as a table and as properties."""

from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.reply_satellite.voice import machine as m
from custom_components.reply_satellite.voice.errors import Service, UnreachableError
from custom_components.reply_satellite.voice.hearing.heard import (
    KeywordHeard,
    Lulled,
    QuietBegan,
    QuietEnded,
)
from custom_components.reply_satellite.voice.hearing.spotter import SURE, Keyword

RULES = m.Rules(sensitivities=dict.fromkeys(Keyword, 0.5))
NOT_CONFIRMING = replace(RULES, confirms=False)
NOT_INTERRUPTING = replace(RULES, interrupting=False)
THINKING_AHEAD = replace(RULES, most_ahead=2)

IDLE = m.State()
MUTED = m.State(listening=False)
RECORDING = m.State(m.Recording())
TRANSCRIBING = m.State(m.Transcribing())
THINKING = m.State(m.Thinking())
SPEAKING = m.State(m.Speaking())
BUSY = (RECORDING, TRANSCRIBING, THINKING, SPEAKING)

ERROR = UnreachableError(Service.OPENAI)


def heard(keyword: Keyword, end: float = 5.0, score: float = 0.6) -> KeywordHeard:
    return KeywordHeard(keyword, end, score, clock=0.0)


COMPUTER = heard(Keyword.COMPUTER, 1.0)
REPLY = heard(Keyword.REPLY)
SURE_REPLY = heard(Keyword.REPLY, score=0.95)
CANDIDATE = m.Candidate(5.0, 0.6)
CERTAIN = m.Candidate(5.0, 0.95)
QUIET, LATER = QuietBegan(5.1), QuietBegan(6.0)
CONFIRMING = m.State(m.Recording(silence=QUIET, confirming=CANDIDATE))
LULLED = m.State(m.Recording(silence=Lulled(5.1), confirming=CANDIDATE))
DOUBTING = m.State(m.Recording(doubted=CERTAIN))
GOT_IT = m.Sound(m.Chime.GOT_IT)


@pytest.mark.parametrize(
    ("state", "event", "rules", "after", "effects"),
    [
        # The word begins a recording, from its own end.
        (
            IDLE,
            COMPUTER,
            RULES,
            RECORDING,
            (m.BeginRecording(1.0, spoken=True), m.Sound(m.Chime.RECORDING)),
        ),
        # So does a button, from now.
        (
            IDLE,
            m.StartAsked(7.0),
            RULES,
            RECORDING,
            (m.BeginRecording(7.0, spoken=False), m.Sound(m.Chime.RECORDING)),
        ),
        # A muted satellite hears nothing, and is not started by hand.
        (MUTED, COMPUTER, RULES, MUTED, ()),
        (MUTED, m.StartAsked(7.0), RULES, MUTED, ()),
        # But it answers what is written.
        (MUTED, m.Asked(), RULES, replace(MUTED, turn=m.Thinking()), (m.Think(),)),
        # A snapshot is taken at once; where nobody confirms it, if it is surer.
        (
            RECORDING,
            heard(Keyword.SNAPSHOT, 3.0, m.ALONE - 0.01),
            NOT_CONFIRMING,
            RECORDING,
            (),
        ),
        (
            RECORDING,
            heard(Keyword.SNAPSHOT, 3.0, m.ALONE),
            NOT_CONFIRMING,
            RECORDING,
            (m.TakePicture(3.0, m.ALONE),),
        ),
        (
            RECORDING,
            heard(Keyword.SNAPSHOT, 3.0, 0.7),
            RULES,
            RECORDING,
            (m.TakePicture(3.0, 0.7),),
        ),
        (
            RECORDING,
            m.SnapshotAsked(("camera.door",)),
            RULES,
            RECORDING,
            (m.TakePicture(None, cameras=("camera.door",)),),
        ),
        # "reply" while speaking on is remembered, and ends nothing.
        (RECORDING, REPLY, RULES, m.State(m.Recording(candidate=CANDIDATE)), ()),
        # With quiet after it, it is confirmed by the transcript...
        (
            m.State(m.Recording(candidate=CANDIDATE)),
            QuietBegan(5.2),
            RULES,
            m.State(m.Recording(silence=QuietBegan(5.2), confirming=CANDIDATE)),
            (m.Confirm(CANDIDATE),),
        ),
        # ... also when the quiet was told before the word.
        (
            m.State(m.Recording(silence=QUIET)),
            REPLY,
            RULES,
            CONFIRMING,
            (m.Confirm(CANDIDATE),),
        ),
        # Quiet that comes much later is not a pause after the word.
        (
            m.State(m.Recording(candidate=CANDIDATE)),
            LATER,
            RULES,
            m.State(m.Recording(silence=LATER, candidate=CANDIDATE)),
            (m.Pause(6.0),),
        ),
        # At a pause what was said so far may be asked, so often and no oftener...
        (
            m.State(m.Recording(ahead=1)),
            LATER,
            THINKING_AHEAD,
            m.State(m.Recording(silence=LATER, ahead=2)),
            (m.Pause(6.0), m.ThinkAhead()),
        ),
        (
            m.State(m.Recording(ahead=2)),
            LATER,
            THINKING_AHEAD,
            m.State(m.Recording(silence=LATER, ahead=2)),
            (m.Pause(6.0),),
        ),
        # ... but not at the pause after "reply".
        (
            m.State(m.Recording(candidate=CANDIDATE)),
            QuietBegan(5.2),
            THINKING_AHEAD,
            m.State(m.Recording(silence=QuietBegan(5.2), confirming=CANDIDATE)),
            (m.Confirm(CANDIDATE),),
        ),
        # A lull is enough to ask, and not enough to end...
        (
            m.State(m.Recording(candidate=CANDIDATE)),
            Lulled(5.1),
            RULES,
            LULLED,
            (m.Confirm(CANDIDATE),),
        ),
        (LULLED, QUIET, RULES, CONFIRMING, ()),
        (LULLED, QuietEnded(5.3), RULES, RECORDING, ()),
        # ... even where the transcriber is quicker than the quiet.
        (
            LULLED,
            m.Judged(CANDIDATE, borne_out=True),
            RULES,
            m.State(m.Recording(silence=Lulled(5.1), ending=CANDIDATE)),
            (),
        ),
        (
            m.State(m.Recording(silence=Lulled(5.1), ending=CANDIDATE)),
            QUIET,
            RULES,
            TRANSCRIBING,
            (m.FinishRecording(5.0, confirmed=True), GOT_IT),
        ),
        (
            m.State(m.Recording(silence=Lulled(5.1), ending=CANDIDATE)),
            QuietEnded(5.3),
            RULES,
            RECORDING,
            (),
        ),
        # A lull alone is no pause.
        (
            RECORDING,
            Lulled(6.0),
            THINKING_AHEAD,
            m.State(m.Recording(silence=Lulled(6.0))),
            (),
        ),
        # A very sure one needs no confirmation, but the pause.
        (
            m.State(m.Recording(silence=QUIET)),
            SURE_REPLY,
            RULES,
            TRANSCRIBING,
            (m.Confirm(CERTAIN), m.FinishRecording(5.0, confirmed=True), GOT_IT),
        ),
        (
            m.State(m.Recording(candidate=CERTAIN)),
            Lulled(5.1),
            RULES,
            m.State(m.Recording(silence=Lulled(5.1), ending=CERTAIN)),
            (m.Confirm(CERTAIN),),
        ),
        (
            RECORDING,
            SURE_REPLY,
            RULES,
            m.State(m.Recording(candidate=CERTAIN)),
            (),
        ),
        # Where nothing can confirm, an unsure one is not heard at all.
        (
            m.State(m.Recording(silence=QUIET)),
            REPLY,
            NOT_CONFIRMING,
            m.State(m.Recording(silence=QUIET)),
            (),
        ),
        (
            m.State(m.Recording(silence=QUIET)),
            heard(Keyword.REPLY, score=0.75),
            NOT_CONFIRMING,
            TRANSCRIBING,
            (m.FinishRecording(5.0), GOT_IT),
        ),
        # The transcript's word ends the recording, without its tail.
        (
            CONFIRMING,
            m.Judged(CANDIDATE, borne_out=True),
            RULES,
            TRANSCRIBING,
            (m.FinishRecording(5.0, confirmed=True), GOT_IT),
        ),
        (
            CONFIRMING,
            m.Judged(CANDIDATE, borne_out=False),
            RULES,
            m.State(m.Recording(silence=QUIET)),
            (),
        ),
        # Where it is never silent, what was said by then tells, however sure it is.
        (
            m.State(m.Recording(candidate=CERTAIN)),
            m.StillLoud(),
            RULES,
            DOUBTING,
            (m.Doubt(CERTAIN),),
        ),
        (
            DOUBTING,
            m.Judged(CERTAIN, borne_out=True),
            RULES,
            TRANSCRIBING,
            (m.FinishRecording(5.0), GOT_IT),
        ),
        (DOUBTING, m.Judged(CERTAIN, borne_out=False), RULES, RECORDING, ()),
        (DOUBTING, QuietEnded(6.0), RULES, DOUBTING, ()),
        (RECORDING, m.StillLoud(), RULES, RECORDING, ()),
        (CONFIRMING, m.StillLoud(), RULES, CONFIRMING, ()),
        (
            m.State(m.Recording(candidate=CERTAIN)),
            m.StillLoud(),
            NOT_CONFIRMING,
            m.State(m.Recording(candidate=CERTAIN)),
            (),
        ),
        # Who speaks on meanwhile did not mean to end.
        (CONFIRMING, QuietEnded(5.4), RULES, RECORDING, ()),
        (RECORDING, m.Judged(CANDIDATE, borne_out=True), RULES, RECORDING, ()),
        # "computer" in the middle of a recording is a word like any other.
        (RECORDING, COMPUTER, RULES, RECORDING, ()),
        (
            RECORDING,
            m.EndAsked(),
            RULES,
            TRANSCRIBING,
            (m.FinishRecording(), GOT_IT),
        ),
        # Nothing said ends quietly; something said is thought about.
        (
            TRANSCRIBING,
            m.NothingSaid(),
            RULES,
            IDLE,
            (m.CloseEmpty(), m.Sound(m.Chime.NOTHING_HEARD)),
        ),
        (TRANSCRIBING, m.Transcribed(), RULES, THINKING, (m.Think(),)),
        (TRANSCRIBING, COMPUTER, RULES, TRANSCRIBING, ()),
        (THINKING, m.Playing(), RULES, SPEAKING, ()),
        (THINKING, m.Done(), RULES, IDLE, (m.Close(),)),
        (SPEAKING, m.Done(), RULES, IDLE, (m.Close(),)),
        # "computer" interrupts an answer, if the user wants that.
        (
            SPEAKING,
            COMPUTER,
            RULES,
            RECORDING,
            (
                m.Cancel(),
                m.BeginRecording(1.0, spoken=True),
                m.Sound(m.Chime.RECORDING),
            ),
        ),
        (SPEAKING, COMPUTER, NOT_INTERRUPTING, SPEAKING, ()),
        # A button interrupts in any case.
        (
            THINKING,
            m.StartAsked(7.0),
            NOT_INTERRUPTING,
            RECORDING,
            (
                m.Cancel(),
                m.BeginRecording(7.0, spoken=False),
                m.Sound(m.Chime.RECORDING),
            ),
        ),
        # Muting stops a recording, but not an answer.
        (
            RECORDING,
            m.ListeningSet(on=False),
            RULES,
            MUTED,
            (m.Cancel(), m.Listen(on=False)),
        ),
        (
            SPEAKING,
            m.ListeningSet(on=False),
            RULES,
            replace(SPEAKING, listening=False),
            (m.Listen(on=False),),
        ),
        (MUTED, m.ListeningSet(on=True), RULES, IDLE, (m.Listen(on=True),)),
        (IDLE, m.ListeningSet(on=True), RULES, IDLE, ()),
        # A failed turn is taken up where it stopped.
        (
            IDLE,
            m.Resumed(recorded=True),
            RULES,
            TRANSCRIBING,
            (m.FinishRecording(),),
        ),
        (IDLE, m.Resumed(recorded=False), RULES, THINKING, (m.Think(),)),
        # Late news of a turn that is over means nothing.
        (IDLE, m.Failed(ERROR), RULES, IDLE, ()),
        (IDLE, m.Done(), RULES, IDLE, ()),
        (IDLE, m.StopAsked(), RULES, IDLE, ()),
    ],
)
def test_step(
    state: m.State,
    event: m.Event,
    rules: m.Rules,
    after: m.State,
    effects: tuple[m.Effect, ...],
) -> None:
    assert m.step(state, event, rules) == (after, effects)


@pytest.mark.parametrize("state", BUSY)
def test_a_failure_or_a_stop_ends_any_turn(state: m.State) -> None:
    assert m.step(state, m.StopAsked(), RULES) == (IDLE, (m.Cancel(),))
    assert m.step(state, m.Failed(ERROR), RULES) == (
        IDLE,
        (m.Close(ERROR), m.Sound(m.Chime.FAILED)),
    )


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (IDLE, m.Phase.IDLE),
        (MUTED, m.Phase.MUTED),
        (RECORDING, m.Phase.RECORDING),
        (TRANSCRIBING, m.Phase.TRANSCRIBING),
        (THINKING, m.Phase.THINKING),
        (SPEAKING, m.Phase.SPEAKING),
        (replace(SPEAKING, listening=False), m.Phase.SPEAKING),
    ],
)
def test_phase(state: m.State, phase: m.Phase) -> None:
    assert state.phase is phase


@pytest.mark.parametrize(
    ("state", "rules", "saying", "armed"),
    [
        (IDLE, RULES, "", {Keyword.COMPUTER: 0.5}),
        (IDLE, RULES, "That was your computer.", {}),
        (IDLE, RULES, "Take the commuter train.", {Keyword.COMPUTER: 0.3}),
        (MUTED, RULES, "", {}),
        (RECORDING, RULES, "", {Keyword.REPLY: 0.5, Keyword.SNAPSHOT: 0.5}),
        (TRANSCRIBING, RULES, "", {}),
        (THINKING, RULES, "", {Keyword.COMPUTER: 0.5}),
        (SPEAKING, RULES, "It is ten.", {Keyword.COMPUTER: 0.3}),
        (SPEAKING, RULES, "Your Computer is on.", {}),
        (SPEAKING, NOT_INTERRUPTING, "", {}),
        (replace(SPEAKING, listening=False), RULES, "", {}),
    ],
)
def test_armed(
    state: m.State, rules: m.Rules, saying: str, armed: dict[Keyword, float]
) -> None:
    assert m.armed(state, rules, saying) == pytest.approx(armed)


TIMES = st.floats(0, 100)
EVENTS = st.one_of(
    st.builds(
        KeywordHeard, st.sampled_from(Keyword), TIMES, st.floats(0, 1), clock=TIMES
    ),
    st.builds(Lulled, TIMES),
    st.builds(QuietBegan, TIMES),
    st.builds(QuietEnded, TIMES),
    st.builds(m.StartAsked, TIMES),
    st.builds(m.ListeningSet, st.booleans()),
    st.builds(m.Judged, st.builds(m.Candidate, TIMES, st.floats(0, 1)), st.booleans()),
    st.builds(m.Resumed, st.booleans()),
    st.sampled_from(
        [
            m.EndAsked(),
            m.SnapshotAsked(()),
            m.Asked(),
            m.StopAsked(),
            m.Transcribed(),
            m.NothingSaid(),
            m.StillLoud(),
            m.Playing(),
            m.Done(),
            m.Failed(ERROR),
        ]
    ),
)
ALL_RULES = st.sampled_from([RULES, NOT_CONFIRMING, NOT_INTERRUPTING, THINKING_AHEAD])
BEGINNINGS = (m.BeginRecording, m.Think, m.FinishRecording)
ENDS = (m.Cancel, m.Close, m.CloseEmpty)


@given(st.lists(EVENTS), ALL_RULES)
def test_turns_never_overlap_and_each_ends_once(
    events: list[m.Event], rules: m.Rules
) -> None:
    state, running = IDLE, False
    for event in events:
        before = state
        state, effects = m.step(state, event, rules)
        for effect in effects:
            if isinstance(effect, ENDS):
                assert running
                running = False
            elif isinstance(effect, BEGINNINGS) and not running:
                running = True
            elif isinstance(effect, m.BeginRecording):
                pytest.fail(f"{event} in {before} began a turn within a turn")
        assert running == (state.turn is not None)


@given(st.lists(EVENTS), ALL_RULES)
def test_a_stop_always_leads_back_to_idle(
    events: list[m.Event], rules: m.Rules
) -> None:
    state = IDLE
    for event in (*events, m.StopAsked(), m.ListeningSet(on=True)):
        state, _ = m.step(state, event, rules)
    assert state == IDLE
    assert Keyword.COMPUTER in m.armed(state, rules)


@given(st.lists(EVENTS), ALL_RULES, EVENTS)
def test_reply_ends_a_recording_only_after_a_pause(
    events: list[m.Event], rules: m.Rules, last: m.Event
) -> None:
    state = IDLE
    for event in events:
        state, _ = m.step(state, event, rules)
    recording = state.turn
    after, effects = m.step(state, last, rules)
    ends = [it.reply_end for it in effects if isinstance(it, m.FinishRecording)]
    if isinstance(recording, m.Recording) and ends and ends[0] is not None:
        silence = last if isinstance(last, QuietBegan) else recording.silence
        doubted = isinstance(last, m.Judged) and last.candidate == recording.doubted
        assert doubted or isinstance(silence, QuietBegan)
        assert after.turn == m.Transcribing()


class Word(NamedTuple):
    """A word in a recording, and what comes after it."""

    word: Keyword
    score: float
    silence: type[Lulled | QuietBegan]
    after: float
    speaks_on: bool
    borne_out: bool


WORDS = st.builds(
    Word,
    st.sampled_from([Keyword.REPLY, Keyword.SNAPSHOT]),
    st.sampled_from([0.5, m.ALONE - 0.01, m.ALONE, SURE]),
    st.sampled_from([Lulled, QuietBegan]),
    st.sampled_from([0.1, m.PAUSE_AFTER_REPLY, 0.9]),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(WORDS), st.sampled_from([RULES, NOT_CONFIRMING]))
def test_a_word_counts_when_it_is_sure_or_borne_out(
    words: list[Word], rules: m.Rules
) -> None:
    state, _ = m.step(IDLE, m.StartAsked(0.0), rules)
    ended: set[float | None] = set()
    ends: set[float | None] = set()
    for end, word in enumerate(words, start=1):
        assert isinstance(state.turn, m.Recording)
        alone = word.score >= (SURE if rules.confirms else m.ALONE)
        events: list[m.Event] = [
            QuietEnded(end - 0.5),
            KeywordHeard(word.word, end, word.score, clock=0.0),
            word.silence(end + word.after),
            *([QuietEnded(end + word.after)] if word.speaks_on else []),
            m.Judged(m.Candidate(end, word.score), word.borne_out),
            QuietBegan(end + word.after),
        ]
        for event in events:
            state, effects = m.step(state, event, rules)
            for effect in effects:
                if isinstance(effect, m.FinishRecording):
                    ended.add(effect.reply_end)
                elif isinstance(effect, m.TakePicture):
                    assert rules.confirms or effect.score >= m.ALONE
        counts = alone or (rules.confirms and word.borne_out)
        if word.word is Keyword.REPLY and counts and word.after < 0.9:
            at_once = word.silence is QuietBegan and alone
            if at_once or not word.speaks_on:
                ends.add(end)
        assert ended == ends
        if ended:
            break


@given(st.lists(EVENTS), ALL_RULES)
def test_no_recording_is_thought_of_oftener_than_allowed(
    events: list[m.Event], rules: m.Rules
) -> None:
    state, asked = IDLE, 0
    for event in events:
        before = state
        state, effects = m.step(state, event, rules)
        if any(isinstance(effect, m.BeginRecording) for effect in effects):
            asked = 0
        if m.ThinkAhead() in effects:
            assert isinstance(before.turn, m.Recording)
            asked += 1
        assert asked <= rules.most_ahead
