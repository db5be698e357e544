// The live picture on a canvas: reads multipart/x-mixed-replace itself. An <img> would do, but browsers show its
// pictures one late, never tell that the stream has broken off, and queue up what a slow device cannot show in time.

const HEADER_END = [13, 10, 13, 10];

/** Takes a multipart stream apart; gives the newest whole picture of what has come so far. */
export class Parts {
  constructor() {
    this.rest = new Uint8Array(0);
  }

  /** Adds bytes; returns {number, jpeg} of the newest picture that is whole now, or null. */
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

/** Draws pictures as fast as this device can; those that come too fast are left out. */
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
      this.waiting = null; // a picture that cannot be decoded is left out
    } finally {
      this.busy = false;
    }
  }
}

/** Whether this browser can do all this: nearly all since 2021. */
export const supported = "createImageBitmap" in window && "ReadableStream" in window && "AbortController" in window;

/**
 * Reads a stream until it ends, breaks, or says nothing for `patience` milliseconds (then it throws).
 * `stop` is an AbortSignal of the caller.
 */
export async function read(address, show, stop, patience = 15000) {
  const silence = new AbortController();
  stop.addEventListener("abort", () => silence.abort());
  let timer = setTimeout(() => silence.abort(), patience);
  try {
    const answer = await fetch(address, { signal: silence.signal, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const reader = answer.body.getReader();
    const parts = new Parts();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the stream has ended");
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), patience);
      const picture = parts.push(value);
      if (picture) show(picture);
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}
