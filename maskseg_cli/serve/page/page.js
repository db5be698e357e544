// The live page: shows the picture and the status, and sends changes of the controls. The server's status is
// authoritative, because several viewers may use the controls; a change by this viewer is shown at once.

import { Screen, read, supported } from "./mjpeg.js";

const POLL = 500; // milliseconds between requests for the status
const RETRY = 1000; // milliseconds before connecting again
const $ = (id) => document.getElementById(id);
const sleep = (time) => new Promise((done) => setTimeout(done, time));
const switches = [...document.querySelectorAll(".switch input")];

let status = null; // the newest from the server
let sending = 0; // requests that have no response yet
let connected = true;
let picture = false; // whether a picture has been shown
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
      const hidden = new AbortController(); // a hidden page loads nothing
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

/** Requests JSON; a POST if there are `changes`. Throws an error with the server's message. */
async function request(address, changes) {
  const post = changes === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(changes) };
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 5000);
  try {
    const response = await fetch(address, { ...post, signal: abort.signal, cache: "no-store" });
    if (response.status === 401 || response.status === 403) location.reload(); // the server has another token now
    const json = await response.json();
    if (!response.ok) throw new Error(json.error);
    return json;
  } finally {
    clearTimeout(timer);
  }
}

async function poll() {
  for (;;) {
    if (!document.hidden) {
      const before = sending;
      try {
        const newest = await request("status.json");
        connected = true;
        // A status from before a change was applied would turn its switch back for a moment.
        if (!before && !sending) status = newest;
      } catch {
        connected = false;
      }
      update();
    }
    await sleep(connected ? POLL : RETRY);
  }
}

async function send(address, changes) {
  sending += 1;
  try {
    const newest = await request(address, changes);
    if (sending === 1) status = newest;
  } catch (error) {
    showMessage(connected ? `Not done: ${error.message}` : "Not done: there is no connection to the camera.", true);
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
  $("waiting-text").textContent = !connected ? "Connection lost, connecting again" : waitingFor();
  const [label, kind] = state();
  setText($("state"), label);
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
    showMessage(status.message, false, shownMessage !== null);
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

function showMessage(text, bad = false, fresh = true) {
  const line = $("message");
  line.textContent = text;
  line.className = `message${bad ? " bad" : ""}${fresh ? " fresh" : ""}`;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text; // screen readers read changed text only
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

for (const part of switches) part.addEventListener("change", () => send("controls", { [part.name]: part.checked }));

let scoreSending = false;
let scoreSent = null;
async function sendScore() {
  if (scoreSending) return; // the newest value is sent after the current one
  scoreSending = true;
  while (scoreSent !== $("score").value) {
    scoreSent = $("score").value;
    await send("controls", { min_score: Number(scoreSent) / 100 });
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
  send("controls", { paused: isOn($("pause")) });
});
$("record").addEventListener("click", () => {
  showRecording(!isOn($("record")));
  send("recording", { on: isOn($("record")) });
});
$("snapshot").addEventListener("click", () => send("snapshot", {}));

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
  if (event.key === " " && event.target.closest("button, input, a")) return; // there it presses the focused element
  const name = keys[event.key.toLowerCase()];
  if (!name) return;
  event.preventDefault();
  ($(name) ?? document.querySelector(`[name="${name}"]`)).click();
});

if (supported) watch();
else watchInImage();
poll();
