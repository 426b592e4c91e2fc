# The part of pymicro-vad that is used: it has no types of its own.
class MicroVad:
    def Process10ms(self, audio: bytes, /) -> float: ...  # noqa: N802 (its name)
