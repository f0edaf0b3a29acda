/** uPlot, which a script of the document loads before any module: browsers do not know packages by their names. */
import type uPlotClass from "uplot";

export type { uPlotClass };

export const uPlot = (globalThis as unknown as { uPlot: typeof uPlotClass }).uPlot;
