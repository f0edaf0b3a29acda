/** Sound files into samples: decoding, mixing down and resampling, on any platform. */

export { RecognizerError } from "../errors.js";
export { type DecodedAudio, type DecodeOptions, decodeAudio } from "./decode.js";
export { AUDIO_EXTENSIONS, type AudioFormat, detectAudioFormat, isOgg, SUPPORTED_FORMATS } from "./format.js";
export { type FileEnds, HEAD_BYTES, headerDurationSeconds, TAIL_BYTES } from "./header-duration.js";
export { DamagedAudioError } from "./ogg.js";
export { changeSpeed, resample } from "./resample.js";
export { decodeWaveform, MODEL_SAMPLE_RATE, mixDown, type Waveform, type WaveformOptions } from "./waveform.js";
