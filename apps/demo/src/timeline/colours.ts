/** The theme's colours, as canvases need them. */
export interface Colours {
  readonly wave: string;
  readonly grid: string;
  readonly ink: string;
  readonly soft: string;
  readonly card: string;
  /** 256 colours from nothing to all, as a canvas's image holds them. */
  readonly heat: Uint32Array;
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const stops = of("heat")
    .split(",")
    .map((text) => channels(text.trim()));
  return {
    ...{ wave: of("wave"), grid: of("grid"), ink: of("ink"), soft: of("soft"), card: of("card") },
    heat: ramp(stops),
  };
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function ramp(stops: readonly number[][]): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1);
    const [low, high] = [stops[Math.floor(at)], stops[Math.ceil(at)]] as [number[], number[]];
    const [r, g, b] = low.map((value, c) => Math.round(value + (at % 1) * ((high[c] as number) - value)));
    return (255 << 24) | ((b as number) << 16) | ((g as number) << 8) | (r as number);
  });
}
