import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The recogniser is not built in: the page loads it from the folder recognizer/ beside it, when it is first needed. */
export default defineConfig({
  // Under any path of any host.
  base: "./",
  build: {
    outDir: "../../packages/server/dist/page",
    emptyOutDir: true,
    target: ["chrome111", "firefox115", "safari16.4"],
    // Data URLs would need leave of the page's security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: here("index.html"), "service-worker": here("src/service-worker.ts") },
      output: {
        // Beside the page, which is what it keeps, and under one name: browsers ask whether it has changed.
        entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
