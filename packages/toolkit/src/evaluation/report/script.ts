/** The report's only script: a line that moves over the pictures with the sound, and sound from where they are clicked. */
import { PIXELS_PER_SECOND } from "./timeline.js";

export const SCRIPT = `
"use strict";
const pixelsPerSecond = ${PIXELS_PER_SECOND};
for (const article of document.querySelectorAll("article.utterance")) {
  const audio = article.querySelector("audio");
  const tracks = article.querySelector(".tracks");
  if (!audio || !tracks) continue;
  const timeline = tracks.parentElement;
  const playhead = tracks.appendChild(document.createElement("div"));
  playhead.className = "playhead";
  const follow = () => {
    const x = audio.currentTime * pixelsPerSecond;
    playhead.style.transform = "translateX(" + x + "px)";
    const isOutside = x < timeline.scrollLeft || x > timeline.scrollLeft + timeline.clientWidth;
    if (!audio.paused && isOutside) timeline.scrollLeft = x - 40;
    if (!audio.paused) requestAnimationFrame(follow);
  };
  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    follow();
  });
  audio.addEventListener("seeked", follow);
  tracks.addEventListener("click", (event) => {
    audio.currentTime = (event.clientX - tracks.getBoundingClientRect().left) / pixelsPerSecond;
    audio.play();
  });
}
`;
