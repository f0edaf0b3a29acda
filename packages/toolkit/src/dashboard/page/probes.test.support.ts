/** What tests ask of the page from within: each function runs in the browser, and so uses nothing but its arguments. */

/** How many pixels of the first chart have been drawn in a colour of the style sheet. */
export function drawnPixels(variable: string): number {
  const wanted = getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
  const canvas = document.querySelector("canvas");
  const image = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(wanted.slice(at, at + 2), 16));
  let count = 0;
  for (let i = 0; i < image.length; i += 4) {
    if (image[i] === red && image[i + 1] === green && image[i + 2] === blue && image[i + 3] === 255) count++;
  }
  return count;
}

/** Plays the first recording again and again, and says how many seconds it lasts. */
export async function playFirst(): Promise<number> {
  const audio = document.querySelector("audio");
  if (!audio) return 0;
  audio.loop = true;
  await audio.play();
  return audio.duration;
}

export function numPlaying(): number {
  return [...document.querySelectorAll("audio")].filter(({ paused }) => !paused).length;
}

export function pauseFirst(): void {
  document.querySelector("audio")?.pause();
}

/** Pixels that the page is too wide. */
export function overflow(): number {
  return document.documentElement.scrollWidth - innerWidth;
}

export interface Contrasts {
  isDark: boolean;
  /** Names of two colours, and their contrast by WCAG 2.2. */
  texts: [names: string, contrast: number][];
  lines: [names: string, contrast: number][];
}

/** The style's text colours and runs' colours, on the page and on its panels. */
export function contrasts(): Contrasts {
  const style = getComputedStyle(document.documentElement);
  const luminance = (name: string) => {
    const colour = style.getPropertyValue(name).trim();
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (a: string, b: string): [string, number] => {
    const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return [`${a} on ${b}`, (high + 0.05) / (low + 0.05)];
  };
  const grounds = ["--page", "--panel"];
  const texts = ["--text", "--quiet", "--accent", "--good"].flatMap((name) => grounds.map((on) => contrast(name, on)));
  const marks = ["s", "d", "i"].map((kind) => contrast(`--${kind}`, `--${kind}-bg`));
  const runs = Array.from({ length: 8 }, (_, i) => `--run-${i}`);
  const lines = runs.flatMap((name) => grounds.map((on) => contrast(name, on)));
  return { isDark: luminance("--page") < 0.1, texts: [...texts, ...marks], lines };
}
