"""One task of the benchmarks on the reference's side: see bench/side-by-side/contestant.ts for the protocol.

    python3 worker.py '{"task": "train-step", "threads": 1, "batch": 8, "seconds": 10, "precision": "fp32"}'
"""

import itertools
import json
import os
import resource
import sys
import time
import warnings

import numpy
import torch
import torchaudio

import model as reference

warnings.filterwarnings("ignore")


def train_step(options):
    trainer = reference.Trainer(options["precision"], options["device"])
    waveforms, lengths = noise(options["batch"], options["seconds"])
    size = (options["batch"], options["seconds"] * 12)
    targets, target_lengths = torch.randint(0, 28, size), torch.full(size[:1], size[1])
    return lambda: trainer.step(waveforms, lengths, targets, target_lengths)


def epoch(options):
    """A batch a run, of waveforms that lie decoded on the disk: {path, samples, targets} for each utterance."""
    trainer = reference.Trainer(options["precision"], options["device"])
    batches = itertools.cycle(json.load(open(options["plan"])))

    def run():
        batch = next(batches)
        waveforms = [torch.from_numpy(numpy.fromfile(each["path"], numpy.float32)) for each in batch]
        targets = [torch.tensor(each["targets"]) for each in batch]
        trainer.step(
            torch.nn.utils.rnn.pad_sequence(waveforms, batch_first=True),
            torch.tensor([len(waveform) for waveform in waveforms]),
            torch.cat(targets),
            torch.tensor([len(target) for target in targets]),
        )

    return run


def forward(options):
    """From waveforms to log-probabilities; one utterance unless told otherwise."""
    features, net = reference.mel_spectrogram(), reference.DeepSpeech().eval()
    waveform, _ = noise(options.get("batch", 1), options["seconds"])

    @torch.no_grad()
    def run():
        return net(features(waveform).unsqueeze(1)).log_softmax(2)

    return run


def features(options):
    transform = reference.mel_spectrogram()
    waveforms, _ = noise(options["batch"], options["seconds"])
    return lambda: transform(waveforms)


class AudioFiles(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return torchaudio.load(self.paths[index])[0][0]


def load(options):
    """Files to padded batches, through a DataLoader that decodes where it is called: one core."""
    folder = os.path.dirname(options["manifest"])
    paths = [os.path.join(folder, json.loads(line)["audio_filepath"]) for line in open(options["manifest"])]
    loader = torch.utils.data.DataLoader(
        AudioFiles(paths),
        batch_size=options["batch"],
        collate_fn=lambda rows: torch.nn.utils.rnn.pad_sequence(rows, batch_first=True),
    )

    def run():
        for _ in loader:
            pass

    return run


def greedy(options):
    """The usual loop over the likeliest tokens."""
    tokens = ["'", " "] + [chr(97 + i) for i in range(26)]
    frames = options["frames"]
    log_probs = torch.rand(frames, 29).log().mul(3).sub(1e-6)
    if options["isPeaked"]:
        # What a trained model gives: in every third frame a letter, in the others the blank, by far the likeliest.
        log_probs.sub_(5)
        best = torch.where(torch.arange(frames) % 3 == 0, torch.randint(29, (frames,)), reference.BLANK)
        log_probs.scatter_(1, best.unsqueeze(1), torch.rand(frames, 1).mul(-0.1))

    def run():
        text, last = [], -1
        for token in log_probs.argmax(1).tolist():
            if token not in (last, reference.BLANK):
                text.append(tokens[token])
            last = token
        return "".join(text)

    return run


def start_up(options):
    """Imports were most of it; this is the rest."""
    reference.mel_spectrogram()
    reference.DeepSpeech().eval()
    return lambda: None


def noise(batch, seconds):
    samples = seconds * reference.SAMPLE_RATE
    return torch.rand(batch, samples).mul(0.2).sub(0.1), torch.full((batch,), samples)


def reply(**message):
    print(json.dumps(message), flush=True)


TASKS = {
    "train-step": train_step,
    "epoch": epoch,
    "forward": forward,
    "features": features,
    "load": load,
    "greedy": greedy,
    "start-up": start_up,
}


def main():
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    run = TASKS[options["task"]](options)
    reply(version=f"PyTorch {torch.__version__}, torchaudio {torchaudio.__version__}")
    for line in sys.stdin:
        if line.strip() == "peak":
            reply(peakMegabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            continue
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        reply(wallMs=1e3 * (time.perf_counter() - wall), cpuMs=1e3 * (time.process_time() - cpu))


main()
