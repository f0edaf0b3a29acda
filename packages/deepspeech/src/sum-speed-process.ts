/** Run as a process of its own: one of several that add up a model's gradients; the first prints what it took, as JSON. */

import { errorMessage } from "@deepspeech-ts/recognizer/system";
import { placeIn } from "@deepspeech-ts/toolkit/internal/training/team/place.js";
import { Team } from "@deepspeech-ts/toolkit/internal/training/team/team.js";
import { measureSum } from "./sum-speed.js";

const place = placeIn(process.env);
if (!place) throw new Error("this process has no place among others");
try {
  using team = await Team.join(place, { timeoutSeconds: 60 });
  const measured = await measureSum(team, place);
  if (team.isFirst) process.stdout.write(JSON.stringify(measured));
} catch (error) {
  process.stderr.write(errorMessage(error));
  process.exitCode = 1;
}
