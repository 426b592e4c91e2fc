"""The keyword network: a causal residual convolutional network over log-mel frames.

It reads 100 frames a second and answers 25 times a second. Every layer is an ordinary
convolution over the past only, so that at run time nothing is computed twice
(custom_components/reply_satellite/voice/hearing/network.py runs it in numpy).
"""

import torch
from torch import Tensor, nn

BANDS = 40
WORDS = 3
DILATIONS = (1, 2, 4, 1, 2, 4)


class Layer(nn.Module):
    """Causal convolution, batch normalisation, ReLU; `residual` adds the input."""

    def __init__(
        self, inputs: int, outputs: int, width: int, stride: int, dilation: int
    ) -> None:
        """Make the layer."""
        super().__init__()
        self.past = (width - 1) * dilation - (stride - 1)
        self.convolution = nn.Conv2d(
            inputs,
            outputs,
            (1, width),
            (1, stride),
            dilation=(1, dilation),
            bias=False,
        )
        self.normalisation = nn.BatchNorm2d(outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, values: Tensor) -> Tensor:
        """Map (batch, inputs, 1, time) to (batch, outputs, 1, time / stride)."""
        padded = nn.functional.pad(values, (self.past, 0))
        out = self.normalisation(self.convolution(padded))
        return torch.relu(out + values if self.residual else out)


class Network(nn.Module):
    """Log-mel frames in, three logits and three ages of the words out."""

    def __init__(self, channels: int = 64) -> None:
        """Make the network with fresh weights."""
        super().__init__()
        self.layers = nn.Sequential(
            Layer(BANDS, channels, 5, 2, 1),
            Layer(channels, channels, 3, 1, 1),
            Layer(channels, channels, 4, 2, 1),
            *(Layer(channels, channels, 3, 1, dilation) for dilation in DILATIONS),
        )
        self.head = nn.Conv2d(channels, 2 * WORDS, 1)
        nn.init.constant_(self.head.bias[:WORDS], -4.0)
        self.to(memory_format=torch.channels_last)

    def forward(self, frames: Tensor) -> Tensor:
        """Map centred frames (batch, time, 40) to (batch, time / 4, 6).

        Answer t has seen the frames up to 4 t + 3. The first three values are logits,
        the others say how many seconds ago each word ended.
        """
        # Channels last: a third faster on a CPU.
        values = frames.transpose(1, 2)[:, :, None, :].contiguous(
            memory_format=torch.channels_last
        )
        return self.head(self.layers(values))[:, :, 0].transpose(1, 2)
