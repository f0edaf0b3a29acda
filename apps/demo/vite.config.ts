import { defineConfig } from "vite";

/** The recogniser is not built in: the page loads it from the folder recognizer/ beside it, when it is first needed. */
export default defineConfig({
  // Under any path of any host.
  base: "./",
  build: {
    outDir: "../../packages/server/dist/page",
    emptyOutDir: true,
    target: ["chrome111", "firefox114", "safari16.4"],
    // Data URLs would need leave of the page's security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
