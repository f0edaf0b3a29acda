// A copy of the package's dist/browser: esbuild and Rollup leave the scripts of workers where they are.
import { Recognizer } from "./recognizer/index.js";

const recognizer = await Recognizer.load("model.dsb");
document.body.textContent = (await recognizer.transcribe("speech.m4a")).text;
