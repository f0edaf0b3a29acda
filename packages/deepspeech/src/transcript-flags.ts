/** Flags of what measures a run: how the transcripts are made. */
import { usageError } from "@deepspeech-ts/server/command-line";
import { trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { z } from "zod";

const { normalise, normaliser, soundTags } = trainConfigSchema.shape;
const asTrained = <Schema extends z.ZodType>(schema: Schema, { description }: z.ZodType) =>
  schema.optional().describe(`${description} (default: as in the run's training)`);

/** As in the run's training, unless a flag says otherwise. */
export const transcriptsSchema = z.object({
  normalise: asTrained(normalise.unwrap(), normalise),
  normaliser: asTrained(normaliser.unwrap(), normaliser),
  soundTags: asTrained(soundTags.unwrap(), soundTags),
});

/** @throws UserError (exit 2) for a flag that would do nothing */
export function refuseIdleSoundTags({ soundTags, normalise = true }: z.output<typeof transcriptsSchema>): void {
  if (soundTags === undefined || normalise) return;
  throw usageError("--sound-tags has no effect with --no-normalise; leave one of them out");
}
