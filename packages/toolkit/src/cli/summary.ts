/** `deepspeech summary`. */
import { defaultAlphabet } from "@deepspeech-ts/speech";
import type { Command } from "commander";
import { type ModelSummary, summariseModel } from "../acoustic-model/index.js";
import { modelConfigOf, trainConfigSchema } from "../training/config.js";
import { addFlags, givenSettings } from "./flags.js";
import { formatCount } from "./format.js";
import { resolveConfig } from "./resolve-config.js";
