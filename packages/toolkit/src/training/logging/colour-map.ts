/**
 * Colours for spectrograms: from dark violet over blue and green to light yellow, in even steps of lightness, so that
 * equal differences look equal, and the order survives a print in grey and any colour blindness.
 *
 * Method: lightness and hue are linear in the value; chroma is as high as sRGB allows, up to a limit. The colour space
 * is Oklab in polar form (Björn Ottosson, "A perceptual color space for image processing", 2020).
 */

const [DARKEST, LIGHTEST] = [0.18, 0.95];
/** Degrees: violet to yellow. */
const [FIRST_HUE, LAST_HUE] = [305, 100];
const MAX_CHROMA = 0.15;

/** Red, green and blue of 256 colours, from dark to light. */
export const spectrogramPalette: Uint8Array = Uint8Array.from(
  Array.from({ length: 256 }, (_, i) => {
    const share = i / 255;
    return colourAt(DARKEST + share * (LIGHTEST - DARKEST), FIRST_HUE + share * (LAST_HUE - FIRST_HUE));
  }).flat(),
);

/** sRGB, 0 to 255, of the most colourful shade of this lightness and hue. */
function colourAt(lightness: number, hueDegrees: number): number[] {
  let [inside, outside] = [0, MAX_CHROMA];
  if (isShown(linearRgb(lightness, outside, hueDegrees))) inside = outside;
  for (let i = 0; i < 16; i++) {
    const chroma = (inside + outside) / 2;
    if (isShown(linearRgb(lightness, chroma, hueDegrees))) inside = chroma;
    else outside = chroma;
  }
  return linearRgb(lightness, inside, hueDegrees).map((channel) => Math.round(255 * gammaEncoded(channel)));
}

function isShown(rgb: readonly number[]): boolean {
  return rgb.every((channel) => channel >= 0 && channel <= 1);
}

/** Oklab's inverse: polar form, cone responses, linear sRGB. */
function linearRgb(lightness: number, chroma: number, hueDegrees: number): [number, number, number] {
  const hue = (hueDegrees * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
}

/** IEC 61966-2-1. */
function gammaEncoded(linear: number): number {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}
