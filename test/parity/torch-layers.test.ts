/** Every kind of layer against PyTorch's: outputs and gradients. Tolerances: test/fixtures/README.md. */
import { describe, it } from "node:test";
import { nn, type Tensor } from "@deepspeech-ts/torch";
import { assertClose, Golden } from "./golden.js";

const golden = new Golden("layers.safetensors");
const OUTPUT = { absolute: 1e-5 };
const GRADIENT = { ofLargest: 1e-3 };

const { functional } = nn;
const numbers = (name: string) => golden.numbers(name);

/** Runs forward and backward and compares the output and all gradients that the golden file holds for the case. */
function compare(name: string, parameters: ReadonlyMap<string, Tensor>, forward: (input: Tensor) => Tensor): void {
  const input = golden.tensor(`${name}.input`).clone();
  input.requiresGrad = true;
  const output = forward(input);
  assertClose(`${name}.output`, output, golden.tensor(`${name}.output`), OUTPUT);
  output.backward({ gradient: golden.tensor(`${name}.grad_output`) });
  for (const [key, expected] of golden.under(`${name}.gradient.`)) {
    const leaf = key === "input" ? input : parameters.get(key)!;
    assertClose(`${name}.gradient.${key}`, leaf.grad!, expected, GRADIENT);
  }
}

/** A layer, filled with the case's parameters; loadStateDict sees to it that none is missing or left over. */
function compareModule<T extends nn.Module>(
  name: string,
  layer: T,
  forward: (layer: T, input: Tensor) => Tensor,
): void {
  const names = [...layer.namedParameters().keys()];
  layer.loadStateDict(new Map(names.map((key) => [key, golden.tensor(`${name}.${key}`)])));
  compare(name, layer.namedParameters(), (input) => forward(layer, input));
}

describe("layers agree with PyTorch", () => {
  it("Conv2d with stride 2", () => {
    compareModule("conv2d_stride2", new nn.Conv2d(3, 4, 3, { stride: 2, padding: 1 }), (conv, x) => conv.forward(x));
  });

  it("Conv2d with stride 1", () => {
    compareModule("conv2d_stride1", new nn.Conv2d(3, 3, 3, { padding: 1 }), (conv, x) => conv.forward(x));
  });

  it("LayerNorm", () => {
    compareModule("layer_norm", new nn.LayerNorm(8), (norm, x) => norm.forward(x));
  });

  it("Linear", () => {
    compareModule("linear", new nn.Linear(6, 4), (linear, x) => linear.forward(x));
  });

  it("GELU, as module and as function", () => {
    compare("gelu", new Map(), (x) => new nn.GELU().forward(x));
    compare("gelu", new Map(), functional.gelu);
  });

  it("logSoftmax", () => {
    compare("log_softmax", new Map(), (x) => functional.logSoftmax(x, -1));
  });

  it("bidirectional GRU", () => {
    compareModule("gru", new nn.GRU(5, 4, { bidirectional: true }), (gru, x) => gru.forward(x));
  });

  it("bidirectional GRU with lengths, as pack_padded_sequence", () => {
    const lengths = numbers("gru_lengths.lengths");
    compareModule("gru_lengths", new nn.GRU(5, 4, { bidirectional: true }), (gru, x) => gru.forward(x, lengths));
  });
});

describe("the CTC loss agrees with PyTorch", () => {
  const targetLengths = numbers("ctc.target_lengths");
  const padded = golden.tensor("ctc.targets");
  const targets = targetLengths.map((length, row) => padded.select(0, row).narrow(0, 0, length).toNumbers());
  const lengths = numbers("ctc.input_lengths");
  const blankId = golden.tensor("ctc.blank").item();

  it("each utterance's", () => {
    const logProbs = functional.logSoftmax(golden.tensor("ctc.logits"), 2);
    const losses = functional.ctcLoss(logProbs, targets, lengths, { blankId, reduction: "none" });
    assertClose("ctc.loss.none", losses, golden.tensor("ctc.loss.none"), { relative: 1e-5 });
  });

  it("the mean, and its gradient through logSoftmax", () => {
    const logits = golden.tensor("ctc.logits").clone();
    logits.requiresGrad = true;
    const loss = functional.ctcLoss(functional.logSoftmax(logits, 2), targets, lengths, { blankId });
    assertClose("ctc.loss.mean", loss, golden.tensor("ctc.loss.mean"), { relative: 1e-5 });
    loss.backward();
    assertClose("ctc.gradient.logits", logits.grad!, golden.tensor("ctc.gradient.logits"), GRADIENT);
  });
});
