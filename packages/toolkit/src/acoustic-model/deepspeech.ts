/**
 * DeepSpeech 2 with a residual convolutional front, after Amodei et al. 2016 (arXiv:1512.02595) and the PyTorch project
 * this one succeeds, with its parameter names.
 *
 * Everything runs in [B, channels, time, frequency], so that LayerNorm's axis is the last one and nothing has to be
 * transposed; the reference holds frequency before time, and its square kernels are transposed instead. Frames beyond
 * an utterance's length are zero wherever a convolution could see them, and the reverse GRU starts at each utterance's
 * last frame: an utterance's log-probabilities do not depend on its batch.
 *
 * A forward model (`direction`) streams. Its GRUs read one way, a row convolution behind the last hears a few frames
 * ahead, and features are normalised by what was heard so far. Convolutions are the same, and hear their few frames ahead: so
 * a bidirectional model's front end can start it.
 */
import { isGradEnabled, nn, type Tensor, tidy } from "@deepspeech-ts/torch";
import { refuseLargerThanMachine } from "./memory.js";
import { defaultModelConfig, type ModelConfig, outputFrames, recurrentWidth } from "./model-config.js";
import { RowConvolution } from "./row-convolution.js";
import { RunningNorm } from "./running-norm.js";

const { functional } = nn;

/** What a model says of a batch. */
export interface ModelOutput {
  /** [B, T', numTokens], natural logarithms; rows beyond an utterance's length mean nothing */
  logProbs: Tensor;
  /** Of a model that writes phones beside its alphabet: [B, T', numPhones], natural logarithms as `phoneAlphabet` has them. */
  phoneLogProbs?: Tensor;
  /** Frames of each utterance. */
  logProbLengths: number[];
}

/** A model's output, and that of lower layers. */
export interface TappedOutput extends ModelOutput {
  /** What the tapped recurrent layers gave, [B, T', width] each, in the order asked for; both directions make it twice as wide. */
  taps: Tensor[];
}

/** The acoustic model: features in, log-probabilities of tokens out. */
export class DeepSpeech extends nn.Module {
  /** Of a forward model. */
  readonly inputNorm: RunningNorm | null;
  readonly cnn: TimeFrequencyConv;
  readonly residualLayers: readonly ResidualCNN[];
  readonly fullyConnected: nn.Linear;
  readonly recurrentLayers: readonly RecurrentLayer[];
  /** Where a forward model's recurrent layers hear ahead. */
  readonly lookahead: RowConvolution | null;
  readonly classifier: nn.Sequential;

  /** @throws UserError `out-of-memory` for a model that the machine cannot hold */
  constructor(readonly config: ModelConfig = defaultModelConfig) {
    super();
    refuseLargerThanMachine(config);
    const { convChannels, kernelSize, timeStride, frequencyStride, hiddenSize, dropout, lookaheadFrames } = config;
    const bidirectional = config.direction === "bidirectional";
    const width = recurrentWidth(config);
    this.inputNorm = bidirectional ? null : this.module("input_norm", new RunningNorm(config.numMels));
    const bands = Math.floor((config.numMels - 1) / frequencyStride) + 1;
    const stem = { kernelSize, stride: [timeStride, frequencyStride] as const };
    this.cnn = this.module("cnn", new TimeFrequencyConv(1, convChannels, stem));
    this.residualLayers = Array.from({ length: config.residualLayers }, (_, i) =>
      this.module(`rescnn_layers.${i}`, new ResidualCNN(convChannels, kernelSize, bands, dropout)),
    );
    this.fullyConnected = this.module("fully_connected", new nn.Linear(convChannels * bands, hiddenSize));
    this.recurrentLayers = Array.from({ length: config.recurrentLayers }, (_, i) =>
      this.module(
        `birnn_layers.${i}`,
        new RecurrentLayer(i === 0 ? hiddenSize : width, hiddenSize, { bidirectional, dropout }),
      ),
    );
    this.lookahead =
      bidirectional || lookaheadFrames === 0
        ? null
        : this.module("lookahead", new RowConvolution(width, lookaheadFrames));
    this.classifier = this.module(
      "classifier",
      new nn.Sequential(
        new nn.Linear(width, hiddenSize),
        new nn.GELU(),
        new nn.Dropout(dropout),
        new nn.Linear(hiddenSize, config.numTokens + config.numPhones),
      ),
    );
  }

  /**
   * @param features [B, T, numMels]
   * @param featureLengths frames of each utterance, at most T
   */
  forward(features: Tensor, featureLengths: readonly number[]): ModelOutput {
    return this.forwardTapped(features, featureLengths, []);
  }

  /**
   * As `forward`, with the outputs of some recurrent layers beside its own.
   *
   * @param layers recurrent layers, counted from 1; none where `recurrence` is "batch"
   */
  forwardTapped(features: Tensor, featureLengths: readonly number[], layers: readonly number[]): TappedOutput {
    const logProbLengths = featureLengths.map((frames) => outputFrames(frames, this.config));
    const outputs = this.config.recurrence === "time" ? this.#overTime(features, logProbLengths, featureLengths) : null;
    const last = outputs?.at(-1) ?? this.#overBatch(features); // [B, T', width]
    const logits = this.classifier.forward(this.lookahead?.forward(last) ?? last).to("float32"); // [B, T', V + P]
    const taps = layers.map((layer) => outputs![layer - 1]!);
    const { numTokens, numPhones } = this.config;
    if (numPhones === 0) return { logProbs: functional.logSoftmax(logits, 2), logProbLengths, taps };
    const logProbsFrom = (first: number, count: number) => functional.logSoftmax(logits.narrow(2, first, count), 2);
    return {
      logProbs: logProbsFrom(0, numTokens),
      phoneLogProbs: logProbsFrom(numTokens, numPhones),
      logProbLengths,
      taps,
    };
  }

  /** What each recurrent layer gives. */
  #overTime(features: Tensor, lengths: readonly number[], featureLengths: readonly number[]): Tensor[] {
    const normalised = this.inputNorm?.forward(features, featureLengths) ?? features; // [B, T, M]
    const stem = this.cnn.forward(normalised.unsqueeze(1)); // [B, C, T', F']
    let frames = this.residualLayers.reduce((x, layer) => thrifty(() => layer.forward(x, lengths)), stem); // [B, C, T', F']
    frames = thrifty(() => this.fullyConnected.forward(joinBands(frames))); // [B, T', hidden]
    return this.recurrentLayers.map((layer) => {
      frames = thrifty(() => layer.forward(frames, lengths)); // [B, T', width]
      return frames;
    });
  }

  /** The reference's own forward pass: no lengths, and every recurrent layer but the first runs over the batch axis. */
  #overBatch(features: Tensor): Tensor {
    const stem = this.cnn.forward(features.unsqueeze(1)); // [B, C, T', F']
    const images = this.residualLayers.reduce((x, layer) => layer.forward(x), stem); // [B, C, T', F']
    let frames = this.fullyConnected.forward(joinBands(images)); // [B, T', hidden]
    for (const [i, layer] of this.recurrentLayers.entries()) {
      frames = i === 0 ? layer.forward(frames) : layer.forward(frames.transpose(0, 1)).transpose(0, 1);
    }
    return frames; // [B, T', 2·hidden]
  }
}

/**
 * Frees what a layer made on its way, where no gradient will ask for it: half the memory of a forward pass, and less time,
 * as the next layer finds its memory warm.
 */
function thrifty(layer: () => Tensor): Tensor {
  return isGradEnabled() ? layer() : tidy(layer);
}

/** [B, C, T, F] → [B, T, C·F] */
function joinBands(images: Tensor): Tensor {
  const [batch = 0, channels = 0, frames = 0, bands = 0] = images.shape;
  return images.permute([0, 2, 1, 3]).reshape([batch, frames, channels * bands]);
}

/** A convolution over [time, frequency] whose weight is stored over [frequency, time], as the reference's is. */
class TimeFrequencyConv extends nn.Conv2d {
  constructor(
    inChannels: number,
    outChannels: number,
    { kernelSize, stride = [1, 1] }: { kernelSize: number; stride?: readonly [number, number] },
  ) {
    super(inChannels, outChannels, kernelSize, { stride, padding: (kernelSize - 1) / 2 });
  }

  override forward(input: Tensor): Tensor {
    return this.convolve(input, this.weight.transpose(2, 3));
  }
}

/** LayerNorm over the bands, held one level down because the reference names it so. */
class BandLayerNorm extends nn.Module {
  readonly layerNorm: nn.LayerNorm;

  constructor(bands: number) {
    super();
    this.layerNorm = this.module("layer_norm", new nn.LayerNorm(bands));
  }
}

/** input + cnn2(dropout(gelu(norm(cnn1(dropout(gelu(norm(input))))))), [B, C, T, F] throughout. He et al. 2016, pre-activation. */
class ResidualCNN extends nn.Module {
  readonly cnn1: TimeFrequencyConv;
  readonly cnn2: TimeFrequencyConv;
  readonly layerNorm1: BandLayerNorm;
  readonly layerNorm2: BandLayerNorm;
  readonly dropout: nn.Dropout;

  constructor(channels: number, kernelSize: number, bands: number, dropout: number) {
    super();
    this.cnn1 = this.module("cnn1", new TimeFrequencyConv(channels, channels, { kernelSize }));
    this.cnn2 = this.module("cnn2", new TimeFrequencyConv(channels, channels, { kernelSize }));
    this.layerNorm1 = this.module("layer_norm1", new BandLayerNorm(bands));
    this.layerNorm2 = this.module("layer_norm2", new BandLayerNorm(bands));
    this.dropout = this.module("dropout", new nn.Dropout(dropout));
  }

  /** @param lengths frames of each utterance: what lies beyond is zero where a convolution could see it */
  forward(input: Tensor, lengths?: readonly number[]): Tensor {
    const first = this.cnn1.forward(this.#activate(input, this.layerNorm1, lengths));
    return this.cnn2.forward(this.#activate(first, this.layerNorm2, lengths)).add(input);
  }

  #activate(input: Tensor, { layerNorm }: BandLayerNorm, lengths?: readonly number[]): Tensor {
    return nn.normGeluDropout(input, layerNorm, { dropout: this.dropout, lengths });
  }
}

interface RecurrentOptions {
  bidirectional: boolean;
  dropout: number;
}

/** dropout(gru(gelu(norm(input)))): [B, T, inputSize] → [B, T, hiddenSize · directions] */
class RecurrentLayer extends nn.Module {
  readonly gru: nn.GRU;
  readonly layerNorm: nn.LayerNorm;
  readonly dropout: nn.Dropout;

  constructor(inputSize: number, hiddenSize: number, { bidirectional, dropout }: RecurrentOptions) {
    super();
    // The reference's name, whatever the directions.
    this.gru = this.module("BiGRU", new nn.GRU(inputSize, hiddenSize, { bidirectional }));
    this.layerNorm = this.module("layer_norm", new nn.LayerNorm(inputSize));
    this.dropout = this.module("dropout", new nn.Dropout(dropout));
  }

  forward(input: Tensor, lengths?: readonly number[]): Tensor {
    return this.dropout.forward(this.gru.forward(nn.normGeluDropout(input, this.layerNorm, { lengths }), lengths));
  }
}
