/** The worker thread that measures recordings for the check. */
import { type Answer, answerRequests } from "../answer-requests.js";
import { type AudioFacts, measureAudio } from "./audio-facts.js";

export type MeasureResponse = Answer<AudioFacts>;

answerRequests(measureAudio);
