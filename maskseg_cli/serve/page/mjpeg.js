// Reads the live picture (multipart/x-mixed-replace) and draws it on a canvas. With an <img>, browsers show each picture
// late by one, do not report a lost connection, and queue pictures that a slow device cannot show in time.

const HEADER_END = [13, 10, 13, 10];

/** Parses a multipart stream, and returns the newest complete picture. */
export class Parts {
  constructor() {
    this.rest = new Uint8Array(0);
  }

  /** Adds bytes; returns {number, jpeg} of the newest picture that is complete now, or null. */
  push(bytes) {
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    let start = 0;
    let newest = null;
    for (;;) {
      const end = find(all, HEADER_END, start);
      if (end < 0) break;
      const header = new TextDecoder("latin1").decode(all.subarray(start, end));
      const length = Number(/^content-length: *(\d+)/im.exec(header)?.[1]);
      if (!Number.isInteger(length)) throw new Error("a picture without its length");
      const from = end + HEADER_END.length;
      if (all.length < from + length) break;
      newest = { number: Number(/^x-picture: *(\d+)/im.exec(header)?.[1]), jpeg: all.slice(from, from + length) };
      start = from + length;
    }
    this.rest = all.slice(start);
    return newest;
  }
}

function find(bytes, wanted, from) {
  for (let at = bytes.indexOf(wanted[0], from); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    if (wanted.every((value, i) => bytes[at + i] === value)) return at;
  }
  return -1;
}

/** Draws pictures as fast as this device can; pictures that come faster are dropped. */
export class Screen {
  constructor(canvas, drawn) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.drawn = drawn;
    this.waiting = null;
    this.busy = false;
  }

  async show(picture) {
    this.waiting = picture;
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.waiting) {
        const next = this.waiting;
        this.waiting = null;
        const bitmap = await createImageBitmap(new Blob([next.jpeg], { type: "image/jpeg" }));
        if (this.canvas.width !== bitmap.width) this.canvas.width = bitmap.width;
        if (this.canvas.height !== bitmap.height) this.canvas.height = bitmap.height;
        this.context.drawImage(bitmap, 0, 0);
        bitmap.close();
        this.canvas.dataset.number = next.number;
        this.drawn();
      }
    } catch {
      this.waiting = null; // a picture that cannot be decoded is dropped
    } finally {
      this.busy = false;
    }
  }
}

/** Whether this browser has all that is needed: nearly all since 2021. */
export const supported = "createImageBitmap" in window && "ReadableStream" in window && "AbortController" in window;

/**
 * Reads a stream until it ends, fails, or sends nothing for `timeout` milliseconds; then it throws.
 * `stop` is an AbortSignal of the caller.
 */
export async function read(address, show, stop, timeout = 15000) {
  const abort = new AbortController();
  stop.addEventListener("abort", () => abort.abort());
  let timer = setTimeout(() => abort.abort(), timeout);
  try {
    const response = await fetch(address, { signal: abort.signal, cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const reader = response.body.getReader();
    const parts = new Parts();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the stream has ended");
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), timeout);
      const picture = parts.push(value);
      if (picture) show(picture);
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}
