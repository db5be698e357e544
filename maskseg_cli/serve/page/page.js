// What the page shows and what its controls do. The server's status is the one truth, also when others use the
// controls at the same time; what this viewer has just changed is shown at once and sent behind it.

import { Screen, read, supported } from "./mjpeg.js";

const POLL = 500; // milliseconds between questions for the status
const RETRY = 1000; // ... before a lost connection is tried again
const $ = (id) => document.getElementById(id);
const sleep = (time) => new Promise((done) => setTimeout(done, time));
const switches = [...document.querySelectorAll(".switch input")];

let status = null; // the newest from the server
let sending = 0; // wishes under way
let connected = true;
let picture = false; // whether one has been shown
let shownMessage = null;
let dragging = false;

// The picture ---------------------------------------------------------------------------------------------------------

async function watch() {
  const screen = new Screen($("picture"), () => {
    picture = true;
    update();
  });
  for (;;) {
    if (document.hidden) await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
    else {
      const hidden = new AbortController(); // a page that nobody sees costs nobody anything
      const leave = () => document.hidden && hidden.abort();
      document.addEventListener("visibilitychange", leave);
      await read("stream.mjpg", (next) => screen.show(next), hidden.signal).catch(() => {});
      document.removeEventListener("visibilitychange", leave);
      if (!document.hidden) await sleep(RETRY);
    }
  }
}

function watchInImage() {
  const image = new Image();
  image.alt = $("picture").getAttribute("aria-label");
  image.onload = () => {
    picture = true;
    update();
  };
  image.onerror = () => setTimeout(() => (image.src = `stream.mjpg?again=${Date.now()}`), RETRY);
  image.src = "stream.mjpg";
  $("picture").replaceWith(image);
}

// The status ----------------------------------------------------------------------------------------------------------

async function ask(address, wishes) {
  const asked = wishes === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wishes) };
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), 5000);
  try {
    const answer = await fetch(address, { ...asked, signal: patience.signal, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) location.reload(); // another token is asked for now
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
    return said;
  } finally {
    clearTimeout(timer);
  }
}

async function poll() {
  for (;;) {
    if (!document.hidden) {
      const before = sending;
      try {
        const said = await ask("status.json");
        connected = true;
        // An answer from before a wish was heeded would turn the switch back for a moment.
        if (!before && !sending) status = said;
      } catch {
        connected = false;
      }
      update();
    }
    await sleep(connected ? POLL : RETRY);
  }
}

async function wish(address, wishes) {
  sending += 1;
  try {
    const said = await ask(address, wishes);
    if (sending === 1) status = said;
  } catch (error) {
    say(connected ? `Not done: ${error.message}` : "Not done: there is no connection to the camera.", true);
  } finally {
    sending -= 1;
    update();
  }
}

// What is shown -------------------------------------------------------------------------------------------------------

function update() {
  const stage = $("stage");
  stage.classList.toggle("shown", picture);
  stage.classList.toggle("stale", picture && !connected);
  document.body.classList.toggle("lost", !connected);
  $("waiting").hidden = picture && connected;
  $("waiting-text").textContent = !connected ? "Connection lost, trying again" : waitingFor();
  const [word, kind] = state();
  setText($("state"), word);
  $("state").className = `state ${kind}`;
  if (!status || sending) return;

  setText($("viewers"), status.viewers > 1 ? `${status.viewers} watching` : "");
  setText($("fps"), status.fps ? status.fps.toFixed(1) : "–");
  setText($("latency"), status.latency ? seconds(status.latency) : "–");
  setText($("frames"), status.frames.toLocaleString("en"));
  setText($("dropped"), status.dropped.toLocaleString("en"));
  if (status.picture) showCounts(status.counts);

  for (const part of switches) part.checked = status.drawing[part.name];
  if (!dragging) showScore(Math.round(status.min_score * 100));
  showPaused(status.paused);
  showRecording(status.recording_wanted);
  $("recorded").hidden = status.recording === null || !connected;
  if (status.recording !== null) setText($("recorded"), `REC ${clock(status.recorded)}`);
  $("recorded").title = status.recording ?? "";
  if (status.message !== shownMessage) {
    say(status.message, false, shownMessage !== null);
    shownMessage = status.message;
  }
}

function state() {
  if (!connected) return ["No connection", "lost"];
  if (!status) return ["Connecting", "waiting"];
  if (status.camera !== "connected") return [status.camera[0].toUpperCase() + status.camera.slice(1), "waiting"];
  if (status.paused) return ["Paused", "waiting"];
  return picture ? ["Live", "live"] : ["Starting", "waiting"];
}

function waitingFor() {
  return status && status.camera.startsWith("reconnecting") ? "The camera does not answer" : "Waiting for the first picture";
}

function showCounts(counts) {
  const list = $("counts");
  const wanted = JSON.stringify(counts);
  if (list.dataset.shown === wanted) return;
  list.dataset.shown = wanted;
  const items = Object.entries(counts).map(([name, count]) => {
    const item = document.createElement("li");
    const number = document.createElement("b");
    number.textContent = count;
    item.append(name, " ", number);
    return item;
  });
  if (!items.length) {
    const none = document.createElement("li");
    none.className = "none";
    none.textContent = "No objects found";
    items.push(none);
  }
  list.replaceChildren(...items);
}

function showScore(percent) {
  $("score").value = percent;
  $("score").setAttribute("aria-valuetext", `${percent} percent`);
  setText($("score-text"), `${percent} %`);
}

function say(text, bad = false, fresh = true) {
  const line = $("message");
  line.textContent = text;
  line.className = `message${bad ? " bad" : ""}${fresh ? " fresh" : ""}`;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text; // unchanged texts are not read out again
}

function showPaused(on) {
  $("pause").dataset.on = on;
  setText($("pause-text"), on ? "Resume" : "Pause");
}

function showRecording(on) {
  $("record").dataset.on = on;
  $("record").setAttribute("aria-label", on ? "Stop recording" : "Record");
  setText($("record-text"), on ? "Stop" : "Record");
}

function seconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
}

function clock(value) {
  const whole = Math.floor(value);
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

// Controls ------------------------------------------------------------------------------------------------------------

for (const part of switches) part.addEventListener("change", () => wish("controls", { [part.name]: part.checked }));

let scoreSending = false;
let scoreSent = null;
async function sendScore() {
  if (scoreSending) return; // the newest value follows the one under way
  scoreSending = true;
  while (scoreSent !== $("score").value) {
    scoreSent = $("score").value;
    await wish("controls", { min_score: Number(scoreSent) / 100 });
  }
  scoreSending = false;
}
$("score").addEventListener("input", () => {
  dragging = true;
  showScore(Number($("score").value));
  scoreSent = null;
  sendScore();
});
$("score").addEventListener("change", () => (dragging = false));

const isOn = (button) => button.dataset.on === "true";
$("pause").addEventListener("click", () => {
  showPaused(!isOn($("pause")));
  wish("controls", { paused: isOn($("pause")) });
});
$("record").addEventListener("click", () => {
  showRecording(!isOn($("record")));
  wish("recording", { on: isOn($("record")) });
});
$("snapshot").addEventListener("click", () => wish("snapshot", {}));

if (document.fullscreenEnabled) {
  $("fullscreen").hidden = false;
  $("fullscreen").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else $("stage").requestFullscreen();
  });
}

const keys = { " ": "pause", s: "snapshot", r: "record", f: "fullscreen", m: "masks", c: "contours", b: "boxes", t: "captions" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === " " && event.target.closest("button, input, a")) return; // there it presses what has the focus
  const name = keys[event.key.toLowerCase()];
  if (!name) return;
  event.preventDefault();
  ($(name) ?? document.querySelector(`[name="${name}"]`)).click();
});

if (supported) watch();
else watchInImage();
poll();
