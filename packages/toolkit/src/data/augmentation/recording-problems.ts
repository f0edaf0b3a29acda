/** What makes a recording no noise, or no room. */

/** The longest echoes of real rooms last some ten seconds; a longer recording is something else. */
const LONGEST_IMPULSE_RESPONSE_SECONDS = 20;

export function silence(samples: Float32Array): string | undefined {
  return samples.some((sample) => sample !== 0) ? undefined : "holds nothing but silence; take it out.";
}

export function overlength(durationSeconds: number): string | undefined {
  if (durationSeconds <= LONGEST_IMPULSE_RESPONSE_SECONDS) return undefined;
  const limit = `no room's impulse response lasts over ${LONGEST_IMPULSE_RESPONSE_SECONDS} s`;
  return `lasts ${durationSeconds.toFixed(1)} s, and ${limit}; is it noise?`;
}
