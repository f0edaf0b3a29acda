/** Draws what is in view: waveform, log-mel spectrogram, and what the model says of each letter. */
import { COLUMNS_PER_SECOND, type Columns, NUM_BANDS } from "../sound/columns.js";
import type { Colours } from "./colours.js";
import type { Tokens } from "./tokens.js";

export const LANES = { wave: 76, mel: 96, letters: 22, tokens: 102, labels: 26 } as const;
export const HEIGHT = Object.values(LANES).reduce((sum, height) => sum + height, 0);
const TOP = { mel: LANES.wave, letters: LANES.wave + LANES.mel, tokens: LANES.wave + LANES.mel + LANES.letters };
/** Seconds between marks that leave each so many pixels. */
const MARK_SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300];
const MARK_PIXELS = 70;

export interface View {
  readonly startSeconds: number;
  readonly pixelsPerSecond: number;
  readonly width: number;
}

export interface Drawn {
  readonly columns: Columns;
  readonly tokens: Tokens | undefined;
  readonly colours: Colours;
}

export function drawLanes(context: CanvasRenderingContext2D, view: View, drawn: Drawn): void {
  context.clearRect(0, 0, view.width, HEIGHT);
  drawWave(context, view, drawn);
  drawMel(context, view, drawn);
  drawTokens(context, view, drawn);
  drawMarks(context, view, drawn.colours);
}

function drawWave(context: CanvasRenderingContext2D, view: View, { columns, colours }: Drawn): void {
  const middle = LANES.wave / 2 + 4;
  const scale = LANES.wave / 2 - 8;
  context.fillStyle = colours.wave;
  for (let x = 0; x < view.width; x++) {
    const [from, to] = columnsAt(view, x);
    let [least, greatest] = [0, 0];
    for (let column = from; column < Math.min(to, columns.count); column++) {
      least = Math.min(least, columns.peaks[2 * column] as number);
      greatest = Math.max(greatest, columns.peaks[2 * column + 1] as number);
    }
    if (from >= columns.count) break;
    const top = middle - Math.min(1, greatest * 1.4) * scale;
    const bottom = middle + Math.min(1, -least * 1.4) * scale;
    context.fillRect(x, top, 1, Math.max(1, bottom - top));
  }
}

/** The columns that a pixel covers, one at least. */
function columnsAt({ startSeconds, pixelsPerSecond }: View, x: number): [from: number, to: number] {
  const from = Math.floor((startSeconds + x / pixelsPerSecond) * COLUMNS_PER_SECOND);
  return [from, Math.max(from + 1, Math.floor((startSeconds + (x + 1) / pixelsPerSecond) * COLUMNS_PER_SECOND))];
}

function drawMel(context: CanvasRenderingContext2D, view: View, { columns, colours }: Drawn): void {
  const image = new ImageData(view.width, NUM_BANDS);
  const pixels = new Uint32Array(image.data.buffer);
  for (let x = 0; x < view.width; x++) {
    const [column] = columnsAt(view, x);
    if (column >= columns.count) break;
    for (let band = 0; band < NUM_BANDS; band++) {
      const level = columns.bands[column * NUM_BANDS + band] as number;
      pixels[(NUM_BANDS - 1 - band) * view.width + x] = colours.heat[level] as number;
    }
  }
  paint(context, image, TOP.mel, LANES.mel);
}

function drawTokens(context: CanvasRenderingContext2D, view: View, { tokens, colours }: Drawn): void {
  if (!tokens) return;
  const { order, frameSeconds } = tokens;
  const image = new ImageData(view.width, order.length);
  const pixels = new Uint32Array(image.data.buffer);
  for (let x = 0; x < view.width; x++) {
    const logProbs = tokens.at(Math.floor((view.startSeconds + x / view.pixelsPerSecond) / frameSeconds));
    for (const [row, token] of order.entries()) {
      const level = logProbs ? Math.round(255 * Math.sqrt(Math.exp(logProbs[token] as number))) : 0;
      pixels[row * view.width + x] = colours.heat[level] as number;
    }
  }
  paint(context, image, TOP.tokens, LANES.tokens);
  context.font = "600 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
  context.textAlign = "center";
  context.fillStyle = colours.ink;
  for (const { letter, seconds, probability } of tokens.letters) {
    const x = (seconds - view.startSeconds) * view.pixelsPerSecond;
    if (x < -10 || x > view.width + 10) continue;
    context.globalAlpha = 0.45 + 0.55 * probability;
    context.fillText(letter, x, TOP.letters + 15);
  }
  context.globalAlpha = 1;
}

/** One pixel of the image a band or token, stretched over its lane. */
function paint(context: CanvasRenderingContext2D, image: ImageData, top: number, height: number): void {
  const sheet = new OffscreenCanvas(image.width, image.height);
  sheet.getContext("2d")?.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(sheet, 0, top, image.width, height);
}

function drawMarks(context: CanvasRenderingContext2D, view: View, { soft, grid }: Colours): void {
  const step = MARK_SECONDS.find((seconds) => seconds * view.pixelsPerSecond >= MARK_PIXELS) ?? 600;
  context.font = "11px ui-sans-serif, system-ui, sans-serif";
  context.textAlign = "left";
  const end = view.startSeconds + view.width / view.pixelsPerSecond;
  for (let mark = Math.ceil(view.startSeconds / step); mark * step < end; mark++) {
    const x = Math.round((mark * step - view.startSeconds) * view.pixelsPerSecond);
    context.fillStyle = grid;
    context.fillRect(x, 0, 1, TOP.mel);
    context.fillStyle = soft;
    context.fillText(clock(mark * step, step < 1 ? 1 : 0), x + 4, 12);
  }
  context.fillStyle = grid;
  for (const top of [TOP.mel, TOP.letters, TOP.tokens, HEIGHT - LANES.labels]) context.fillRect(0, top, view.width, 1);
}

/** "0:04.5" */
export function clock(seconds: number, digits = 1): string {
  const rest = (seconds % 60).toFixed(digits).padStart(digits > 0 ? 3 + digits : 2, "0");
  return `${Math.floor(seconds / 60)}:${rest}`;
}
