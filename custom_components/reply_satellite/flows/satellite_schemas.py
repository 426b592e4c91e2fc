"""The forms of a satellite: their fields, limits and defaults."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import probatio
from homeassistant.const import CONF_NAME, PERCENTAGE, UnitOfTime
from homeassistant.helpers.selector import (
    BooleanSelector,
    FileSelector,
    FileSelectorConfig,
    LanguageSelector,
    LanguageSelectorConfig,
    TemplateSelector,
    TextSelector,
)

from .. import const
from ..voice.hearing.microphone import Input
from ..voice.speaking.voice import Choice
from .fields import choice, clearable, entity, folded, kept, number, translated
from .schemas import (
    SECTION_MANNER,
    SECTION_PLAYER,
    SECTION_PRECISION,
    SECTION_PRIVACY,
    SECTION_THREAD,
    SECTION_TOOLS,
    flat,
)

FIELD_TEST: Final = "test_microphone"
FIELD_TRAIN: Final = "train_keywords"
FIELD_KEEP_THREAD: Final = "keep_thread"
FIELD_KEEP_FOREVER: Final = "keep_forever"
FIELD_SAMPLE: Final = "sample"
"""Fields of the forms that are not kept as they are."""

KEYWORD_FILES: Final = (const.CONF_REPLY_MODEL, const.CONF_SNAPSHOT_MODEL)

MANNER: Final = {
    "stability": (0.0, 1.0, 0.5),
    "similarity_boost": (0.0, 1.0, 0.75),
    "style": (0.0, 1.0, 0.0),
    "speed": (0.7, 1.2, 1.0),
}
"""ElevenLabs' voice settings: least, most, and what they are by default there."""
BOOST: Final = "use_speaker_boost"
USUAL_MANNER: Final[dict[str, Any]] = {
    **{name: usual for name, (_, _, usual) in MANNER.items()},
    BOOST: True,
}
ENDLESS: Final = {
    const.CONF_HOT_WINDOW: const.HOT_WINDOW_KEEP,
    const.CONF_THREAD_RETENTION: const.NEVER,
}

MOST_AHEAD: Final = 30
"""Questions asked ahead in a recording: one for each pause of a long dictation."""

REASONING: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The efforts of openai.types.shared.ReasoningEffort; which a model takes differs."""


def hearing(
    data: Mapping[str, Any],
    microphones: Iterable[Input],
    *,
    name: str,
    assemblyai: bool,
    porcupine: bool,
) -> probatio.Schema:
    """Microphone, keywords and recording."""
    microphone, spotter, interrupting, chimes = kept(
        data,
        const.CONF_MICROPHONE,
        const.CONF_SPOTTER,
        const.CONF_INTERRUPTING,
        const.CONF_CHIMES,
    )
    fields: dict[Any, Any] = {
        probatio.Required(CONF_NAME, default=name): TextSelector(),
        microphone: choice(((i.id, i.name) for i in microphones), custom=True),
        probatio.Required(FIELD_TEST, default=False): BooleanSelector(),
    }
    stt = probatio.Optional if assemblyai else probatio.Required
    suggestion = {"suggested_value": data.get(const.CONF_STT)}
    fields[stt(const.CONF_STT, description=suggestion)] = entity("stt")
    fields[clearable(data, const.CONF_LANGUAGE)] = LanguageSelector(
        LanguageSelectorConfig()
    )
    if porcupine:
        fields[spotter] = translated(const.SpotterChoice, const.CONF_SPOTTER)
    fields |= {interrupting: BooleanSelector(), chimes: BooleanSelector()}
    computer, reply, snapshot, silence, longest = kept(
        data,
        const.CONF_SENSITIVITY_COMPUTER,
        const.CONF_SENSITIVITY_REPLY,
        const.CONF_SENSITIVITY_SNAPSHOT,
        const.CONF_SILENCE_END,
        const.CONF_LONGEST_RECORDING,
    )
    precision: dict[Any, Any] = {
        key: number(0, 1, 0.05) for key in (computer, reply, snapshot)
    }
    precision[silence] = number(0, 30, 0.1, UnitOfTime.SECONDS)
    precision[longest] = number(10, 3600, 1, UnitOfTime.SECONDS)
    if assemblyai:
        (live,) = kept(data, const.CONF_TRANSCRIBE_LIVE)
        precision[live] = BooleanSelector()
    fields[probatio.Required(SECTION_PRECISION, default=dict)] = folded(precision)
    return probatio.Schema(fields)


def porcupine(data: Mapping[str, Any], *, trains: bool) -> probatio.Schema:
    """The models of the words Porcupine has not built in; those that are kept stay.

    A word without one is trained where Porcupine `trains`.
    """
    file = FileSelector(FileSelectorConfig(accept=".ppn"))
    fields: dict[Any, Any] = {
        (probatio.Optional if trains or key in data else probatio.Required)(key): file
        for key in KEYWORD_FILES
    }
    if trains and any(key in data for key in KEYWORD_FILES):
        fields[probatio.Required(FIELD_TRAIN, default=False)] = BooleanSelector()
    return probatio.Schema(fields)


def room(data: Mapping[str, Any]) -> probatio.Schema:
    """What it sees through, and what it plays on."""
    cameras, players, audio, whole = kept(
        data,
        const.CONF_CAMERAS,
        const.CONF_PLAYERS,
        const.CONF_AUDIO_FORMAT,
        const.CONF_WHOLE_FILE,
    )
    volume = None if (v := data.get(const.CONF_VOLUME)) is None else round(v * 100)
    return probatio.Schema(
        {
            cameras: entity("camera", multiple=True),
            players: entity("media_player", multiple=True),
            clearable({const.CONF_VOLUME: volume}, const.CONF_VOLUME): number(
                0, 100, 1, PERCENTAGE
            ),
            probatio.Required(SECTION_PLAYER, default=dict): folded(
                {
                    audio: translated(const.AudioFormat, const.CONF_AUDIO_FORMAT),
                    whole: BooleanSelector(),
                }
            ),
        }
    )


def assistant(
    data: Mapping[str, Any],
    models: Iterable[str],
    apis: Iterable[tuple[str, str]],
) -> probatio.Schema:
    """The model, what it is told, and what it may use."""
    model, instructions, reasoning, llm_api, within, ahead = kept(
        data,
        const.CONF_MODEL,
        const.CONF_INSTRUCTIONS,
        const.CONF_REASONING,
        const.CONF_LLM_API,
        const.CONF_FIRST_TOKEN_WITHIN,
        const.CONF_THINKING_AHEAD,
    )
    tools = kept(
        data,
        const.CONF_LOOK_TOOL,
        const.CONF_END_THREAD_TOOL,
        const.CONF_WEB_SEARCH,
        const.CONF_CODE_INTERPRETER,
    )
    return probatio.Schema(
        {
            model: choice(((name, name) for name in models), custom=True),
            instructions: TemplateSelector(),
            llm_api: choice(apis, multiple=True),
            reasoning: translated(REASONING, const.CONF_REASONING),
            probatio.Required(SECTION_TOOLS, default=dict): folded(
                {tool: BooleanSelector() for tool in tools}
            ),
            probatio.Required(SECTION_THREAD, default=dict): folded(
                {
                    **_lasting(data, const.CONF_HOT_WINDOW, FIELD_KEEP_THREAD, 3600),
                    within: number(5, 300, 1, UnitOfTime.SECONDS),
                    ahead: number(0, MOST_AHEAD),
                }
            ),
            probatio.Required(SECTION_PRIVACY, default=dict): folded(_privacy(data)),
        }
    )


def _lasting(
    data: Mapping[str, Any], key: str, for_ever: str, most: float
) -> dict[Any, Any]:
    """A time, and a tick that makes it endless."""
    endless = data.get(key) == ENDLESS[key]
    time = const.DEFAULTS[key] if endless else data.get(key, const.DEFAULTS[key])
    unit = UnitOfTime.SECONDS if key == const.CONF_HOT_WINDOW else UnitOfTime.DAYS
    return {
        probatio.Required(key, default=time): number(0, most, 1, unit),
        probatio.Required(for_ever, default=endless): BooleanSelector(),
    }


def _privacy(data: Mapping[str, Any]) -> dict[Any, Any]:
    local, recordings = kept(
        data, const.CONF_LOCAL_THREADS, const.CONF_RECORDING_RETENTION
    )
    return {
        local: BooleanSelector(),
        **_lasting(data, const.CONF_THREAD_RETENTION, FIELD_KEEP_FOREVER, 3650),
        recordings: number(0, 365, 1, UnitOfTime.DAYS),
    }


def assistant_choices(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """The assistant form's answers as they are kept."""
    chosen = flat(user_input)
    if chosen.pop(FIELD_KEEP_THREAD):
        chosen[const.CONF_HOT_WINDOW] = const.HOT_WINDOW_KEEP
    if chosen.pop(FIELD_KEEP_FOREVER):
        chosen[const.CONF_THREAD_RETENTION] = const.NEVER
    return chosen


def voice(
    data: Mapping[str, Any],
    voices: Sequence[Choice],
    models: Sequence[Choice],
    dictionaries: Sequence[Choice],
    *,
    elevenlabs: bool,
    ours: Collection[str],
    must_choose: bool,
) -> probatio.Schema:
    """The account's voice, and other voices in its stead; `ours` are no choice.

    Without an account one of them must be chosen, where there is one.
    """
    fields: dict[Any, Any] = {}
    if elevenlabs:
        first = {const.CONF_VOICE: voices[0].id} if voices else {}
        chosen, model = kept(
            first | dict(data), const.CONF_VOICE, const.CONF_VOICE_MODEL
        )
        fields[chosen] = choice(((v.id, v.name) for v in voices), custom=True)
        fields[model] = choice(((m.id, m.name) for m in models), custom=True)
        if dictionaries:
            fields[clearable(data, const.CONF_DICTIONARIES)] = choice(
                ((d.id, d.name) for d in dictionaries), custom=True, multiple=True
            )
    elsewhere = probatio.Required if must_choose else probatio.Optional
    suggestion = {"suggested_value": data.get(const.CONF_TTS)}
    fields[elsewhere(const.CONF_TTS, description=suggestion)] = entity(
        "tts", without=ours
    )
    fields[clearable(data, const.CONF_SECOND_TTS)] = entity("tts", without=ours)
    fields[probatio.Optional(FIELD_SAMPLE)] = TextSelector()
    if elevenlabs:
        fields[probatio.Required(SECTION_MANNER, default=dict)] = folded(_manner(data))
    return probatio.Schema(fields)


def _manner(data: Mapping[str, Any]) -> dict[Any, Any]:
    settings = USUAL_MANNER | (data.get(const.CONF_VOICE_SETTINGS) or {})
    manner: dict[Any, Any] = {
        probatio.Required(name, default=settings[name]): number(least, most, 0.05)
        for name, (least, most, _) in MANNER.items()
    }
    manner[probatio.Required(BOOST, default=settings[BOOST])] = BooleanSelector()
    return manner


def voice_choices(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """The voice form's answers as they are kept.

    A manner nobody touched is left to the voice's own settings at the service.
    """
    chosen = flat(user_input)
    manner = {name: chosen.pop(name) for name in USUAL_MANNER if name in chosen}
    if manner and manner != USUAL_MANNER:
        chosen[const.CONF_VOICE_SETTINGS] = manner
    return chosen
