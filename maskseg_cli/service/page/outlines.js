// Draws the objects of a COCO answer onto a canvas: masks and outlines from their polygons, boxes, captions.

/** The colour of the n-th object: each number turns the hue by the golden ratio, as in pictures of the server. */
export function hue(number) {
  return Math.round(((number * 0.6180339887498949) % 1) * 360);
}

/** Draws `objects` (annotations with `number` and `label`) over `image`; `parts` says what is drawn. */
export function drawObjects(canvas, image, objects, parts) {
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const side = Math.sqrt(image.width * image.height);
  const line = Math.max(1, Math.round(side / 400));
  const text = Math.max(11, Math.round(Math.min(side / 40, 44)));
  context.lineWidth = line;
  context.lineJoin = "round";
  // Large objects first, so that small ones in front of them stay visible.
  const ordered = [...objects].sort((a, b) => b.bbox[2] * b.bbox[3] - a.bbox[2] * a.bbox[3]);
  for (const one of ordered) {
    const path = outline(one.segmentation);
    context.fillStyle = `hsl(${hue(one.number)} 90% 50% / 50%)`;
    context.strokeStyle = `hsl(${hue(one.number)} 90% 50%)`;
    if (parts.masks) context.fill(path, "evenodd");
    if (parts.contours) context.stroke(path);
    if (parts.boxes) context.strokeRect(...one.bbox);
  }
  if (!parts.captions) return;
  context.font = `600 ${text}px system-ui, sans-serif`;
  context.textBaseline = "top";
  for (const one of ordered) {
    const words = `${one.label} ${Math.round(one.score * 100)}%`;
    const width = context.measureText(words).width + text / 2;
    const x = Math.max(0, Math.min(one.bbox[0], image.width - width));
    const y = Math.max(0, one.bbox[1] - text * 1.3);
    context.fillStyle = `hsl(${hue(one.number)} 90% 25%)`;
    context.fillRect(x, y, width, text * 1.3);
    context.fillStyle = "#fff";
    context.fillText(words, x + text / 4, y + text * 0.15);
  }
}

function outline(polygons) {
  const path = new Path2D();
  for (const polygon of polygons) {
    path.moveTo(polygon[0], polygon[1]);
    for (let i = 2; i < polygon.length; i += 2) path.lineTo(polygon[i], polygon[i + 1]);
    path.closePath();
  }
  return path;
}
