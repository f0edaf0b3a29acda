/**
 * Whether a line of a log has the fields that the page relies on. A log is a file like any other: a line that was damaged
 * and is still JSON is told as damaged, and must not end the page that shows all runs.
 */
import { z } from "zod";

/** Of every kind: NaN and the infinities are what the reader of a diverged run looks for. */
const number = z.custom<number>((value) => typeof value === "number", "must be a number");
const text = z.string();
const flag = z.boolean();
const rates = z.looseObject({ wer: number, cer: number });
const sample = z.looseObject({ id: text, reference: text, hypothesis: text });
const worst = z.looseObject({ ...sample.shape, audioPath: text, durationSeconds: number, wordErrors: number });
const summary = z.looseObject({ rates, loss: number.optional(), samples: z.array(sample), worst: z.array(worst) });

/** What is relied on, by kind; other kinds, of later releases, are passed over by who does not know them. */
const FIELDS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ["data", z.looseObject({ train: z.looseObject({}), dev: z.looseObject({}) })],
  ["start", z.looseObject({ numParameters: number, epochs: number, totalSteps: number })],
  [
    "step",
    z.looseObject({
      ...{ epoch: number, step: number, totalSteps: number, loss: number, learningRate: number },
      ...{ audioSecondsPerSecond: number, etaSeconds: number, skipped: flag },
    }),
  ],
  ["failure", z.looseObject({ id: text, reason: text })],
  [
    "epoch",
    z.looseObject({
      ...{ epoch: number, epochs: number, step: number, trainLoss: number, dev: summary },
      ...{ isBest: flag, elapsedSeconds: number },
    }),
  ],
  ["averaged", z.looseObject({ epochs: z.array(number), step: number, dev: summary, isBest: flag })],
  ["test", z.looseObject({ step: number, test: summary })],
  ["finished", z.looseObject({ reason: text, steps: number, elapsedSeconds: number })],
]);

/** @throws Error naming the first field of an event that the page cannot rely on */
export function checkEvent(event: { kind: string }): void {
  const result = FIELDS.get(event.kind)?.safeParse(event);
  if (result === undefined || result.success) return;
  throw new Error(`"${result.error.issues[0]?.path.join(".")}" is missing, or not what it should be`);
}
