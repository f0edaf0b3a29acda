/** One part of recognizer-bench.mjs: sends its rows to the parent. */
import { accuracy } from "./accuracy.mjs";
import { fullSizeBundles } from "./bundles.mjs";
import { install } from "./install.mjs";
import { live } from "./live.mjs";
import { load, longFile } from "./load.mjs";
import { sizes, speed } from "./speed.mjs";

const PARTS = { speed, sizes, live, load, long: longFile, install, accuracy };
const { name, options } = JSON.parse(process.argv[2]);
const bundles = () => fullSizeBundles(options.bundles);

for await (const row of PARTS[name]({ ...options, bundles })) process.send(row);
process.disconnect();
