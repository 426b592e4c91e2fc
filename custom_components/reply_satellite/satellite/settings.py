"""A satellite's choices, typed: what its user said, and the defaults for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from .. import const
from ..voice.hearing.spotter import Keyword


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The data of a satellite's subentry."""

    microphone: str
    spotter: const.SpotterChoice
    """The built-in one, whatever was chosen, where there is no key for the other."""
    sensitivities: Mapping[Keyword, float]
    keyword_files: Mapping[Keyword, str]
    """Porcupine's models for the words it has not built in."""
    interrupting: bool
    longest_recording: float
    silence_end: float
    """Seconds of quiet that end a recording; 0 = only the word does."""
    chimes: bool
    stt: str | None
    language: str | None
    transcribe_live: bool
    """Whether the sound is sent while it is spoken, or when it has ended."""
    cameras: tuple[str, ...]
    players: tuple[str, ...]
    volume: float | None
    audio_format: const.AudioFormat
    whole_file: bool
    """Whether players get an answer only once all of it is there."""
    model: str
    instructions: str
    reasoning: str
    llm_api: tuple[str, ...]
    web_search: bool
    code_interpreter: bool
    look_tool: bool
    end_thread_tool: bool
    local_threads: bool
    most_ahead: int
    """How often in a recording the assistant is asked ahead, at most: a conversation
    at the service would keep every question."""
    hot_window: float | None
    """Seconds; None = the same thread until told otherwise."""
    thread_retention: int
    recording_retention: int
    first_token_within: float
    tts: str | None
    second_tts: str | None
    voice: str | None
    voice_model: str
    voice_settings: Mapping[str, Any]
    dictionaries: Sequence[str]

    @classmethod
    def of(cls, data: Mapping[str, Any], accounts: Mapping[str, Any]) -> Self:
        """Read a subentry's data, in the light of its entry's."""
        chosen = {**const.DEFAULTS, **data}
        files = {
            Keyword.REPLY: chosen.get(const.CONF_REPLY_MODEL),
            Keyword.SNAPSHOT: chosen.get(const.CONF_SNAPSHOT_MODEL),
        }
        window = float(chosen[const.CONF_HOT_WINDOW])
        return cls(
            microphone=chosen[const.CONF_MICROPHONE],
            spotter=(
                const.SpotterChoice(chosen[const.CONF_SPOTTER])
                if const.CONF_PORCUPINE_KEY in accounts
                else const.SpotterChoice.BUILTIN
            ),
            sensitivities={
                Keyword.COMPUTER: chosen[const.CONF_SENSITIVITY_COMPUTER],
                Keyword.REPLY: chosen[const.CONF_SENSITIVITY_REPLY],
                Keyword.SNAPSHOT: chosen[const.CONF_SENSITIVITY_SNAPSHOT],
            },
            keyword_files={word: file for word, file in files.items() if file},
            interrupting=chosen[const.CONF_INTERRUPTING],
            longest_recording=chosen[const.CONF_LONGEST_RECORDING],
            silence_end=chosen[const.CONF_SILENCE_END],
            chimes=chosen[const.CONF_CHIMES],
            stt=chosen.get(const.CONF_STT),
            language=chosen.get(const.CONF_LANGUAGE),
            transcribe_live=chosen[const.CONF_TRANSCRIBE_LIVE],
            cameras=tuple(chosen[const.CONF_CAMERAS]),
            players=tuple(chosen[const.CONF_PLAYERS]),
            volume=chosen.get(const.CONF_VOLUME),
            audio_format=const.AudioFormat(chosen[const.CONF_AUDIO_FORMAT]),
            whole_file=chosen[const.CONF_WHOLE_FILE],
            model=chosen[const.CONF_MODEL],
            instructions=chosen[const.CONF_INSTRUCTIONS],
            reasoning=chosen[const.CONF_REASONING],
            llm_api=tuple(chosen.get(const.CONF_LLM_API) or ()),
            web_search=chosen[const.CONF_WEB_SEARCH],
            code_interpreter=chosen[const.CONF_CODE_INTERPRETER],
            look_tool=chosen[const.CONF_LOOK_TOOL],
            end_thread_tool=chosen[const.CONF_END_THREAD_TOOL],
            local_threads=chosen[const.CONF_LOCAL_THREADS],
            most_ahead=(
                int(chosen[const.CONF_THINKING_AHEAD])
                if chosen[const.CONF_LOCAL_THREADS]
                else 0
            ),
            hot_window=None if window == const.HOT_WINDOW_KEEP else window,
            thread_retention=int(chosen[const.CONF_THREAD_RETENTION]),
            recording_retention=int(chosen[const.CONF_RECORDING_RETENTION]),
            first_token_within=chosen[const.CONF_FIRST_TOKEN_WITHIN],
            tts=chosen.get(const.CONF_TTS),
            second_tts=chosen.get(const.CONF_SECOND_TTS),
            voice=chosen.get(const.CONF_VOICE),
            voice_model=chosen[const.CONF_VOICE_MODEL],
            voice_settings=chosen.get(const.CONF_VOICE_SETTINGS) or {},
            dictionaries=chosen.get(const.CONF_DICTIONARIES) or [],
        )
