// Requests to the service, and the pixels of photos.

/** Seconds that a request waits for a place in the service, in all. */
const PATIENCE = 60;

/** Pixels of the picture on the screen, at most: phones have no memory for those of large photos. */
const SCREEN_PIXELS = 4e6;

/** The limits of the service; asked for once. */
export const model = fetch("v1/model").then((response) => response.json());

/** Sends a photo; throws an error with a sentence for the user. A busy service is asked again. */
export async function segment(file, query) {
  const { max_bytes: most } = await model;
  if (file.size > most) {
    throw new Error(`${megabytes(file.size)} are too much: the service takes ${megabytes(most)} at most.`);
  }
  const type = file.type.startsWith("image/") ? file.type : "application/octet-stream";
  const end = performance.now() + 1000 * PATIENCE;
  for (;;) {
    let response;
    try {
      response = await fetch(`v1/segment?${new URLSearchParams(query)}`, {
        method: "POST",
        headers: { "Content-Type": type },
        body: file,
      });
    } catch {
      throw new Error("The service does not answer, or the file cannot be read.");
    }
    if (response.ok) return response;
    if (response.status === 401) throw new Error("The service asks for its token again: reload this page.");
    const seconds = Number(response.headers.get("Retry-After") ?? 2);
    if (response.status !== 503 || performance.now() + 1000 * seconds > end) {
      const said = await response.json().catch(() => ({}));
      throw new Error(said.error ?? `The service answers with ${response.status}.`);
    }
    await new Promise((done) => setTimeout(done, 1000 * seconds));
  }
}

/**
 * The upright photo on a canvas.
 *
 * Formats that the browser cannot read, such as TIFF, and photos that an old browser does not turn upright are
 * converted by the service.
 *
 * @param size {width, height} of the upright photo as the service sees it, if it is known.
 * @param most pixels; a larger photo is scaled down.
 */
export async function decode(file, size = null, most = SCREEN_PIXELS) {
  let bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap || (size && (bitmap.width !== size.width || bitmap.height !== size.height))) {
    if (!size) throw new Error("This browser cannot show the photo.");
    const query = { format: "png", masks: false, contours: false, boxes: false, captions: false };
    bitmap = await createImageBitmap(await (await segment(file, query)).blob());
  }
  const scale = Math.min(1, Math.sqrt(most / (bitmap.width * bitmap.height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

/** The files of a drop, also those in folders. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const files = [];
  for (const entry of entries) await collect(entry, files, true);
  return files;
}

async function collect(entry, files, named) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    if (named || file.type.startsWith("image/")) files.push(file); // folders hold other files too
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    for (const one of some) await collect(one, files, false);
  }
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString("en", { maximumSignificantDigits: 3 })} MB`;
}
