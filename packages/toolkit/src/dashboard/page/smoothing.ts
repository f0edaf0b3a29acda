/**
 * An exponential moving average, divided by the weight it has gathered so that it does not start at zero (Kingma and Ba,
 * "Adam", ICLR 2015, section 3, apply the same correction).
 */

/** @param weight of what went before, from 0 (no smoothing) to below 1; null stays null and leaves the average alone */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let [average, gathered] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    average = weight * average + (1 - weight) * value;
    gathered = weight * gathered + (1 - weight);
    return average / gathered;
  });
}
