/** Which candidates of a frame survive: the greatest masses, found without sorting (Hoare, "Find", CACM 1961). */

/** A list of masses that is filled and picked from once a frame. */
export class TopMasses {
  count = 0;
  readonly mass: Float64Array;
  /** What the caller knows a candidate by. */
  readonly code: Int32Array;
  readonly #scratch: Float64Array;

  constructor(capacity: number) {
    this.mass = new Float64Array(capacity);
    this.code = new Int32Array(capacity);
    this.#scratch = new Float64Array(capacity);
  }

  push(mass: number, code: number): void {
    this.mass[this.count] = mass;
    this.code[this.count] = code;
    this.count += 1;
  }

  /**
   * Keeps the `limit` greatest masses among those above `floor`, in the order they came; of equal masses at the
   * limit, the first to come. Returns what a mass must be above to be kept beside them.
   */
  keep(limit: number, floor: number): number {
    this.#keepWhere(floor, this.count);
    if (this.count < limit) return floor;
    const least = this.#nthGreatest(limit);
    let greater = 0;
    for (let i = 0; i < this.count; i++) if ((this.mass[i] as number) > least) greater += 1;
    this.#keepWhere(least, limit - greater);
    return least;
  }

  /** Keeps masses above `floor`, and the first `numEqual` that equal it, unless it is 0. */
  #keepWhere(floor: number, numEqual: number): void {
    let equalLeft = floor === 0 ? 0 : numEqual;
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const mass = this.mass[i] as number;
      if (mass < floor || (mass === floor && equalLeft-- <= 0)) continue;
      this.mass[kept] = mass;
      this.code[kept] = this.code[i] as number;
      kept += 1;
    }
    this.count = kept;
  }

  /** The `n`th greatest mass, counted from 1. */
  #nthGreatest(n: number): number {
    const values = this.#scratch;
    for (let i = 0; i < this.count; i++) values[i] = this.mass[i] as number;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const pivot = values[(low + high) >> 1] as number;
      let i = low;
      let j = high;
      while (i <= j) {
        while ((values[i] as number) > pivot) i += 1;
        while ((values[j] as number) < pivot) j -= 1;
        if (i > j) break;
        const held = values[i] as number;
        values[i++] = values[j] as number;
        values[j--] = held;
      }
      if (n - 1 <= j) high = j;
      else if (n - 1 >= i) low = i;
      else break;
    }
    return values[n - 1] as number;
  }
}
