/** The threads that decode sound files and search for texts. */
import { workerData } from "node:worker_threads";
import { helperHandlers, type Knowledge } from "../core/helper-handlers.js";
import { openSoundFile } from "./open-file.js";
import { serveCalls } from "./serve-calls.js";

serveCalls(helperHandlers(workerData as Knowledge, openSoundFile));
