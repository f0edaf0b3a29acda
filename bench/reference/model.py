"""The same recogniser in plain PyTorch, as its user would write it: the reference of the benchmarks.

DeepSpeech 2 (Amodei et al. 2016) with a residual convolutional front: mel features by torchaudio, PyTorch's own layers
on padded batches, nn.CTCLoss, AdamW, and torch.autocast for bfloat16. 14,233,053 parameters.

Shapes: B utterances, C channels, F bands after the first convolution, T frames of features, T' = ceil(T / 2).
"""

import torch
import torchaudio
from torch import nn

SAMPLE_RATE = 16_000
NUM_MELS = 128
BLANK = 28


class LayerNorm(nn.LayerNorm):
    """In float32: under autocast, PyTorch 1.13 refuses bfloat16 input with float32 weights."""

    def forward(self, x):
        return super().forward(x.float())


class BandNorm(nn.Module):
    """LayerNorm over the bands of [B, C, F, T]."""

    def __init__(self, bands):
        super().__init__()
        self.layer_norm = LayerNorm(bands)

    def forward(self, x):
        return self.layer_norm(x.transpose(2, 3).contiguous()).transpose(2, 3).contiguous()


class ResidualCNN(nn.Module):
    def __init__(self, channels, bands, dropout):
        super().__init__()
        self.cnn1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.cnn2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.layer_norm1 = BandNorm(bands)
        self.layer_norm2 = BandNorm(bands)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        residual = x
        x = self.cnn1(self.dropout(nn.functional.gelu(self.layer_norm1(x))))
        x = self.cnn2(self.dropout(nn.functional.gelu(self.layer_norm2(x))))
        return x + residual


class BidirectionalGRU(nn.Module):
    def __init__(self, input_size, hidden_size, dropout):
        super().__init__()
        self.BiGRU = nn.GRU(input_size, hidden_size, batch_first=True, bidirectional=True)
        self.layer_norm = LayerNorm(input_size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x, _ = self.BiGRU(nn.functional.gelu(self.layer_norm(x)))
        return self.dropout(x)


class DeepSpeech(nn.Module):
    def __init__(self, channels=32, hidden_size=512, residual_layers=2, recurrent_layers=3, dropout=0.1, num_tokens=29):
        super().__init__()
        bands = NUM_MELS // 2
        self.cnn = nn.Conv2d(1, channels, 3, stride=2, padding=1)
        self.rescnn_layers = nn.Sequential(*(ResidualCNN(channels, bands, dropout) for _ in range(residual_layers)))
        self.fully_connected = nn.Linear(channels * bands, hidden_size)
        self.birnn_layers = nn.Sequential(
            *(
                BidirectionalGRU(hidden_size if i == 0 else 2 * hidden_size, hidden_size, dropout)
                for i in range(recurrent_layers)
            )
        )
        self.classifier = nn.Sequential(
            nn.Linear(2 * hidden_size, hidden_size), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden_size, num_tokens)
        )

    def forward(self, features):
        """[B, 1, 2 F, T] to logits [B, T', V]"""
        x = self.rescnn_layers(self.cnn(features))  # [B, C, F, T']
        x = x.flatten(1, 2).transpose(1, 2)  # [B, T', C * F]
        x = self.birnn_layers(self.fully_connected(x))  # [B, T', 2 * hidden]
        return self.classifier(x)


def mel_spectrogram():
    return torchaudio.transforms.MelSpectrogram(sample_rate=SAMPLE_RATE, n_mels=NUM_MELS)


def spec_augment():
    return nn.Sequential(
        torchaudio.transforms.FrequencyMasking(freq_mask_param=15), torchaudio.transforms.TimeMasking(time_mask_param=35)
    )


def log_prob_lengths(sample_lengths):
    frames = sample_lengths // 200 + 1
    return (frames - 1) // 2 + 1


class Trainer:
    """What a training loop holds, and one step of it."""

    def __init__(self, precision, device):
        self.precision, self.device = precision, device
        self.model = DeepSpeech().train().to(device)
        self.features = nn.Sequential(mel_spectrogram(), spec_augment()).to(device)
        self.criterion = nn.CTCLoss(blank=BLANK)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=5e-4)

    def step(self, waveforms, sample_lengths, targets, target_lengths):
        features = self.features(waveforms.to(self.device)).unsqueeze(1)  # [B, 1, F, T]
        self.optimizer.zero_grad()
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            logits = self.model(features)
        log_probs = logits.float().log_softmax(2).transpose(0, 1)  # [T', B, V]
        loss = self.criterion(log_probs, targets, log_prob_lengths(sample_lengths), target_lengths)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        return loss.item()
