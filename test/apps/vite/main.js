import { Recognizer } from "@deepspeech-ts/recognizer/web";

const recognizer = await Recognizer.load("model.dsb");
document.body.textContent = (await recognizer.transcribe("speech.m4a")).text;
