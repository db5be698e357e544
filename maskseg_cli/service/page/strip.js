// The row of small pictures below the photo.

const SIDE = 144; // pixels of a tile, for screens of two pixels a point

/** A tile for a photo {name, state, found, error}; `choose` is called when it is clicked. */
export function makeTile(photo, choose) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const mark = document.createElement("span");
  mark.className = "mark";
  button.append(canvas, mark);
  button.addEventListener("click", () => choose(photo));
  item.append(button);
  return item;
}

/** Shows the state of a photo in its tile. */
export function updateTile(photo, count, isShown) {
  const button = photo.tile.firstChild;
  const words = { waiting: "waiting", busy: "in work", failed: "failed", done: `${count} objects` }[photo.state];
  button.dataset.state = photo.state;
  button.setAttribute("aria-pressed", isShown);
  button.setAttribute("aria-label", `${photo.name}, ${words}`);
  button.title = photo.name;
  button.lastChild.textContent = { done: count, failed: "!" }[photo.state] ?? "";
}

/** Draws the middle of an image into the tile. */
export function drawTile(photo, image) {
  const side = Math.min(image.width, image.height);
  const context = photo.tile.querySelector("canvas").getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
}
