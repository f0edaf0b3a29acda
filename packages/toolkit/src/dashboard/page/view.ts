/** What the reader chose to see. It stands in the address, so that a reload or a bookmark shows the same. */

export type Axis = "step" | "epoch" | "hours";

export interface View {
  /** Ids of runs, in the order they were chosen. */
  chosen: string[];
  axis: Axis;
  /** Weight of the moving average of training losses. */
  smoothing: number;
  /** The loss on a logarithmic scale, which shows how it still falls when it has fallen far. */
  isLossLog: boolean;
}

const AXES: readonly string[] = ["step", "epoch", "hours"] satisfies Axis[];
const DEFAULT_SMOOTHING = 0.8;

export function readView(hash: string): View {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const axis = parameters.get("over") ?? "";
  const smoothing = Number(parameters.get("smoothing") ?? DEFAULT_SMOOTHING);
  return {
    chosen: (parameters.get("runs") ?? "").split(",").filter(Boolean),
    axis: AXES.includes(axis) ? (axis as Axis) : "step",
    smoothing: smoothing >= 0 && smoothing < 1 ? smoothing : DEFAULT_SMOOTHING,
    isLossLog: parameters.get("loss") === "log",
  };
}

export function writeView({ chosen, axis, smoothing, isLossLog }: View): void {
  const hash = `#runs=${chosen.join(",")}&over=${axis}&smoothing=${smoothing}${isLossLog ? "&loss=log" : ""}`;
  history.replaceState(null, "", hash);
}
