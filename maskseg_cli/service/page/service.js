// The page of photos: sends each photo once, and gets all objects down to a low score. Score, classes and drawing are
// applied here, without another run of the network.

import { decode, droppedFiles, model, segment } from "./client.js";
import { drawObjects } from "./outlines.js";
import { drawTile, makeTile, updateTile } from "./strip.js";

/** Photos that are sent at the same time; the others wait here. */
const AT_ONCE = 2;

/** Photos whose pixels are kept. */
const KEPT = 4;

const $ = (id) => document.getElementById(id);
const switches = [...document.querySelectorAll("#parts input")];
const photos = []; // { file, name, state, error, coco, objects, tile, image }
const hidden = new Set(); // names of classes that are not drawn
let shown = null;
let sending = 0;
let drawing = 0; // the request for the next frame of the screen

// Photos

function addAll(files) {
  const added = files.map((file) => {
    const photo = { file, name: file.name || "photo", state: "waiting", error: "", coco: null, objects: [], image: null };
    photo.tile = makeTile(photo, show);
    return photo;
  });
  if (!added.length) return;
  photos.push(...added);
  $("photos").append(...added.map((photo) => photo.tile));
  show(added[0]);
  send();
}

function send() {
  while (sending < AT_ONCE) {
    const photo = photos.find((one) => one.state === "waiting");
    if (!photo) break;
    sending += 1;
    photo.state = "busy";
    look(photo).finally(() => {
      sending -= 1;
      send();
      update();
    });
  }
  update();
}

async function look(photo) {
  try {
    await pixels(photo).then(update, () => {}); // what the browser cannot read the service may
    const { lowest_score: lowest } = await model;
    const query = { polygons: true, min_score: lowest, max_detections: 1000, name: photo.name };
    photo.coco = await (await segment(photo.file, query)).json();
    const names = new Map(photo.coco.categories.map((one) => [one.id, one.name]));
    photo.objects = photo.coco.annotations.map((annotation, number) => {
      return { annotation, number, label: names.get(annotation.category_id) };
    });
    const { width, height } = photo.coco.images[0];
    if (photo.image && photo.image.width * height !== photo.image.height * width) photo.image = null; // not upright
    await pixels(photo);
    photo.state = "done";
  } catch (error) {
    photo.state = "failed";
    photo.error = error.message;
  }
}

/** Sees to it that the photo has its pixels, and the others not more than memory holds. */
async function pixels(photo) {
  if (!photo.image) {
    photo.image = await decode(photo.file, photo.coco?.images[0]);
    drawTile(photo, photo.image);
  }
  if (photo.state === "removed") return;
  const others = photos.filter((one) => one.image && one !== photo && one !== shown);
  for (const one of others.slice(0, Math.max(0, others.length - KEPT))) one.image = null;
}

function show(photo) {
  shown = photo;
  photo.tile.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (!photo.image && photo.state === "done") {
    pixels(photo)
      .catch((error) => Object.assign(photo, { state: "failed", error: error.message }))
      .then(update);
  }
  update();
}

function remove(photo) {
  const place = photos.indexOf(photo);
  const focused = photo.tile.contains(document.activeElement);
  photos.splice(place, 1);
  photo.tile.remove();
  photo.state = "removed";
  shown = null;
  const next = photos[Math.min(place, photos.length - 1)];
  if (next) show(next);
  else update();
  if (next && focused) next.tile.firstChild.focus();
}

// What is seen

function chosen(photo) {
  const least = Number($("score").value) / 100;
  return photo.objects.filter((one) => one.annotation.score >= least && !hidden.has(one.label));
}

function update() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    render();
  });
}

function render() {
  $("score-text").textContent = `${$("score").value} %`;
  for (const photo of photos) updateTile(photo, chosen(photo).length, photo === shown);
  const state = shown?.state;
  $("stage").classList.toggle("shown", Boolean(shown));
  $("invite").hidden = Boolean(shown);
  $("remove").hidden = !shown;
  $("busy").hidden = state !== "busy" && state !== "waiting";
  $("problem").hidden = state !== "failed";
  if (state === "failed") $("sentence").textContent = `${shown.name}: ${shown.error}`;
  for (const id of ["save-picture", "save-cutouts", "save-json"]) $(id).disabled = state !== "done";
  const done = photos.filter((photo) => photo.state === "done");
  $("save-all").disabled = done.length < 2;
  renderPicture();
  renderClasses();
  $("message").textContent = summary(done.length);
}

function renderPicture() {
  const canvas = $("picture");
  const objects = shown ? chosen(shown) : [];
  const names = objects.map((one) => one.label).join(", ") || "no objects";
  canvas.setAttribute("aria-label", shown ? `${shown.name}: ${names}` : "No photo yet");
  if (!shown?.image) {
    canvas.width = canvas.height = 1;
    return;
  }
  const { image } = shown;
  const points = Math.min(canvas.clientWidth / image.width, canvas.clientHeight / image.height) || 1; // a pixel's size
  const magnify = Math.min(4, Math.max(1, points * devicePixelRatio));
  const width = shown.coco?.images[0].width ?? image.width;
  drawObjects(canvas, image, objects, parts(), width, magnify / points, magnify);
}

function parts() {
  return Object.fromEntries(switches.map((one) => [one.name, one.checked]));
}

function summary(done) {
  const left = photos.filter((photo) => photo.state === "busy" || photo.state === "waiting").length;
  if (left && photos.length > 1) return `${photos.length - left} of ${photos.length} photos`;
  if (!shown || shown.state !== "done") return "";
  const count = chosen(shown).length;
  return `${count} ${count === 1 ? "object" : "objects"}${done > 1 ? `, ${done} photos` : ""}`;
}

function renderClasses() {
  const least = Number($("score").value) / 100;
  const counts = new Map();
  for (const { annotation, label } of shown?.objects ?? []) {
    if (annotation.score >= least) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const labels = [...counts.keys()].sort();
  $("no-classes").hidden = labels.length > 0;
  const chips = new Map([...$("classes").children].map((chip) => [chip.dataset.label, chip]));
  // Chips that stay are kept, so that the one with the focus keeps it.
  const wanted = labels.map((label) => chips.get(label) ?? makeChip(label));
  for (const [label, chip] of chips) if (!counts.has(label)) chip.remove();
  wanted.forEach((chip, place) => {
    if ($("classes").children[place] !== chip) $("classes").insertBefore(chip, $("classes").children[place] ?? null);
    chip.querySelector("input").checked = !hidden.has(chip.dataset.label);
    chip.querySelector("b").textContent = counts.get(chip.dataset.label);
  });
}

function makeChip(label) {
  const chip = document.createElement("label");
  chip.className = "chip";
  chip.dataset.label = label;
  const input = document.createElement("input");
  Object.assign(input, { type: "checkbox", className: "unseen" });
  input.addEventListener("change", () => {
    if (input.checked) hidden.delete(label);
    else hidden.add(label);
    update();
  });
  const words = document.createElement("span");
  words.append(label, document.createElement("b"));
  chip.append(input, words);
  return chip;
}

// Files

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function stem(photo) {
  return photo.name.replace(/\.[^.]*$/, "");
}

/** Does some work for a button, which cannot be pressed meanwhile; says what went wrong. */
function onClick(id, work) {
  $(id).addEventListener("click", async () => {
    const photo = shown;
    $(id).disabled = true;
    try {
      await work(photo);
      update();
    } catch (error) {
      update();
      requestAnimationFrame(() => ($("message").textContent = error.message));
    }
  });
}

onClick("save-picture", async (photo) => {
  const size = photo.coco.images[0];
  const canvas = document.createElement("canvas");
  drawObjects(canvas, await decode(photo.file, size, Infinity), chosen(photo), parts(), size.width);
  const type = photo.file.type === "image/jpeg" ? "image/jpeg" : "image/png";
  const blob = await new Promise((done) => canvas.toBlob(done, type, 0.93));
  if (!blob) throw new Error("The photo is too large for this browser.");
  save(blob, `${stem(photo)}_outlined.${type === "image/jpeg" ? "jpg" : "png"}`);
});

onClick("save-cutouts", async (photo) => {
  const classes = [...new Set(chosen(photo).map((one) => one.label))].join();
  if (!classes) throw new Error("There is no object to cut out.");
  const query = { format: "cutouts", min_score: Number($("score").value) / 100, classes, max_detections: 1000 };
  save(await (await segment(photo.file, query)).blob(), `${stem(photo)}_cutouts.zip`);
});

onClick("save-json", (photo) => saveJson([photo], `${stem(photo)}.json`));
onClick("save-all", () => saveJson(photos.filter((photo) => photo.state === "done"), "photos.json"));

function saveJson(several, name) {
  const images = several.map((photo, place) => ({ ...photo.coco.images[0], id: place + 1 }));
  const annotations = several
    .flatMap((photo, place) => chosen(photo).map(({ annotation }) => ({ ...annotation, image_id: place + 1 })))
    .map((annotation, place) => ({ ...annotation, id: place + 1 }));
  const { info, categories } = several[0].coco;
  save(new Blob([JSON.stringify({ info, images, annotations, categories })], { type: "application/json" }), name);
}

// Events

for (const input of [$("files"), $("camera")]) {
  input.addEventListener("change", () => {
    addAll([...input.files]);
    input.value = ""; // the same file can be chosen again
  });
}
for (const part of switches) part.addEventListener("change", update);
$("score").addEventListener("input", update);
$("remove").addEventListener("click", () => remove(shown));
$("again").addEventListener("click", () => {
  Object.assign(shown, { state: "waiting", error: "" });
  send();
});
$("photos").addEventListener("keydown", (event) => {
  const place = photos.findIndex((photo) => photo.tile.contains(event.target));
  const next = photos[place + { ArrowRight: 1, ArrowLeft: -1 }[event.key]];
  if (event.key === "Delete" && photos[place]) remove(photos[place]);
  else if (next) {
    show(next);
    next.tile.firstChild.focus();
  }
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("stage").classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, () => $("stage").classList.remove("over"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  addAll(await droppedFiles(event.dataTransfer));
});
document.addEventListener("paste", (event) => addAll([...event.clipboardData.files]));
new ResizeObserver(update).observe($("stage"));

const limits = await model;
$("score").min = Math.ceil(limits.lowest_score * 100);
$("score").value = Math.round(limits.min_score * 100);
update();
