/** Sound files into samples: decoding, mixing down and resampling, on any platform. */

export { RecognizerError } from "../errors.js";
export { DamagedAudioError } from "./damaged-audio-error.js";
export {
  type DecodeChunksOptions,
  type DecodedAudio,
  type DecodeOptions,
  decodeAudio,
  decodeChunks,
} from "./decode.js";
export { AUDIO_EXTENSIONS, type AudioFormat, detectAudioFormat, SUPPORTED_FORMATS } from "./format.js";
export { headerDurationSeconds, headOf, inMemory, type RandomAccess } from "./header-duration.js";
export { Mixer, mixDown } from "./mix-down.js";
export { changeSpeed, Resampler, resample } from "./resample.js";
export { decodeWaveform, MODEL_SAMPLE_RATE, type Waveform, type WaveformOptions } from "./waveform.js";
export { pcm16, wavFile, wavHeader } from "./write-wav.js";
