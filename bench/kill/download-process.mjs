/** Downloads an archive whose checksum no published list has; kill.mjs kills it. */
import { downloadSubset } from "../../packages/toolkit/dist/data/download/download-librispeech.js";

const { folder, mirror, subset } = JSON.parse(process.argv[2]);
await downloadSubset(subset, { folder, mirrors: [mirror] });
