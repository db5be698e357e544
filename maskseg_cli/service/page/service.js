// The page of photos: sends each photo once, and gets all objects down to a low score. Score, classes and drawing are
// applied here, without another run of the network.

import { drawObjects } from "./outlines.js";

const $ = (id) => document.getElementById(id);
const switches = [...document.querySelectorAll(".switch input[name]")];
const photos = []; // { file, image, coco }
const hidden = new Set(); // names of classes that are not shown
let shown = null;
let lowest = 0.1;

function say(text, bad = false) {
  $("message").textContent = text;
  $("message").className = bad ? "bad" : "quiet";
}

/** Sends the photo; throws an error with the server's sentence. A full queue is tried again. */
async function segment(file, query, tries = 5) {
  const address = `v1/segment?${new URLSearchParams(query)}`;
  const type = file.type.startsWith("image/") ? file.type : "application/octet-stream";
  const response = await fetch(address, { method: "POST", headers: { "Content-Type": type }, body: file });
  if (response.status === 503 && tries > 1) {
    await new Promise((done) => setTimeout(done, 1000 * Number(response.headers.get("Retry-After") ?? 2)));
    return segment(file, query, tries - 1);
  }
  if (response.status === 401 || (response.status === 403 && tries === 5)) location.reload();
  if (!response.ok) throw new Error((await response.json()).error);
  return response;
}

/** The upright pixels; formats that the browser cannot read, such as TIFF, are converted by the server. */
async function decode(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    const query = { format: "png", masks: false, contours: false, boxes: false, captions: false };
    return createImageBitmap(await (await segment(file, query)).blob());
  }
}

async function add(file) {
  say(`Looking at ${file.name}`);
  try {
    const query = { polygons: true, min_score: lowest, max_detections: 1000, name: file.name };
    const coco = await (await segment(file, query)).json();
    const names = new Map(coco.categories.map((one) => [one.id, one.name]));
    coco.annotations.forEach((one, number) => Object.assign(one, { number, label: names.get(one.category_id) }));
    const photo = { file, coco, image: await decode(file) };
    photos.push(photo);
    show(photo);
  } catch (error) {
    say(`${file.name}: ${error.message}`, true);
  }
}

async function addAll(files) {
  for (const file of files) await add(file);
}

function chosen(photo) {
  const least = Number($("score").value) / 100;
  return photo.coco.annotations.filter((one) => one.score >= least && !hidden.has(one.label));
}

function show(photo) {
  shown = photo;
  for (const id of ["save-picture", "save-cutouts", "save-json"]) $(id).disabled = false;
  $("photos").replaceChildren(
    ...photos.map((one) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = one.file.name;
      button.setAttribute("aria-pressed", one === shown);
      button.addEventListener("click", () => show(one));
      return button;
    }),
  );
  const labels = [...new Set(photo.coco.annotations.map((one) => one.label))].sort();
  $("classes").replaceChildren(
    ...labels.map((label) => {
      const row = document.createElement("label");
      row.className = "switch";
      const name = document.createElement("span");
      name.textContent = label;
      const input = document.createElement("input");
      Object.assign(input, { type: "checkbox", checked: !hidden.has(label) });
      input.setAttribute("role", "switch");
      input.addEventListener("change", () => {
        if (input.checked) hidden.delete(label);
        else hidden.add(label);
        update();
      });
      row.append(name, input);
      return row;
    }),
  );
  $("hint").hidden = true;
  $("stage").classList.add("shown");
  update();
}

function update() {
  $("score-text").textContent = `${$("score").value} %`;
  if (!shown) return;
  const objects = chosen(shown);
  const parts = Object.fromEntries(switches.map((one) => [one.name, one.checked]));
  drawObjects($("picture"), shown.image, objects, parts);
  say(`${objects.length} ${objects.length === 1 ? "object" : "objects"}`);
}

function save(blob, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = shown.file.name.replace(/\.[^.]*$/, "") + ending;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

$("save-picture").addEventListener("click", () => $("picture").toBlob((blob) => save(blob, "_outlined.png")));
$("save-json").addEventListener("click", () => {
  const annotations = chosen(shown).map(({ number, label, ...one }) => one);
  save(new Blob([JSON.stringify({ ...shown.coco, annotations })], { type: "application/json" }), ".json");
});
$("save-cutouts").addEventListener("click", async () => {
  const labels = [...new Set(chosen(shown).map((one) => one.label))];
  if (!labels.length) return say("There is no object to cut out.", true);
  try {
    const query = { format: "cutouts", min_score: Number($("score").value) / 100, classes: labels.join(), max_detections: 1000 };
    save(await (await segment(shown.file, query)).blob(), "_cutouts.zip");
  } catch (error) {
    say(error.message, true);
  }
});

for (const input of [$("files"), $("camera")]) {
  input.addEventListener("change", () => {
    addAll([...input.files]).then(() => (input.value = ""));
  });
}
for (const part of switches) part.addEventListener("change", update);
$("score").addEventListener("input", update);
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("stage").classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, () => $("stage").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  addAll([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => addAll([...event.clipboardData.files]));

const model = await (await fetch("v1/model")).json();
lowest = model.lowest_score;
$("score").min = Math.ceil(lowest * 100);
$("score").value = Math.round(model.min_score * 100);
update();
