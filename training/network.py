"""The head of the keyword network: a small causal network over embeddings.

It answers for each embedding (embedding.py), having seen that and the eight before. At
run time nothing is computed twice
(custom_components/reply_satellite/voice/hearing/network.py runs it in numpy).
"""

import torch
from embedding import WIDTH
from torch import Tensor, nn
from voice.hearing.network import WORDS

HEADS = 3
"""Heads that learn from one bank, each without another third of it."""

WIDTHS = (4, 4, 3)
PAST = sum(WIDTHS) - len(WIDTHS)
"""Embeddings before the first that is answered."""


class Layer(nn.Module):
    """Causal convolution, batch normalisation, ReLU; equal shapes add the input."""

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        """Make the layer."""
        super().__init__()
        self.convolution = nn.Conv1d(inputs, outputs, width, bias=False)
        self.normalisation = nn.BatchNorm1d(outputs)
        self.residual = inputs == outputs

    def forward(self, values: Tensor) -> Tensor:
        """Map (batch, inputs, time) to (batch, outputs, time - width + 1)."""
        answer = torch.relu(self.normalisation(self.convolution(values)))
        return answer + values[..., -answer.shape[2] :] if self.residual else answer


class Head(nn.Module):
    """Embeddings in, three logits and three ages of the words out."""

    def __init__(self, channels: int = 64) -> None:
        """Make the head with fresh weights."""
        super().__init__()
        self.normalisation = nn.BatchNorm1d(WIDTH, affine=False)
        self.dropout = nn.Dropout1d(0.1)
        inputs = (WIDTH, *(channels for _ in WIDTHS[1:]))
        self.layers = nn.Sequential(
            *(
                Layer(before, channels, width)
                for before, width in zip(inputs, WIDTHS, strict=True)
            )
        )
        self.head = nn.Conv1d(channels, 2 * WORDS, 1)
        nn.init.constant_(self.head.bias[:WORDS], -4.0)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Map (batch, time, 96) to (batch, time - 8, 6).

        The first three values are logits, the others say how many seconds ago each
        word ended.
        """
        values = self.dropout(self.normalisation(embeddings.transpose(1, 2)))
        return self.head(self.layers(values)).transpose(1, 2)
