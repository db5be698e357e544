// Draws objects onto a canvas: masks and outlines from their polygons, boxes, captions.

/** The colour of the n-th object: each number turns the hue by the golden ratio, as in pictures of the server. */
export function hue(number) {
  return Math.round(((number * 0.6180339887498949) % 1) * 360);
}

/**
 * Draws objects over an image.
 *
 * @param canvas gets the size of `image`, times `magnify`.
 * @param image upright, of any size.
 * @param objects {annotation, label, number}: annotations of COCO with polygons in pixels of the photo.
 * @param parts says which of masks, contours, boxes and captions are drawn.
 * @param width of the photo in pixels: `image` may be smaller.
 * @param point pixels of the canvas for a point of the screen: lines and words have a fixed size there. 0: a size that
 *     fits the picture.
 * @param magnify makes lines and words sharp where a small photo is shown large.
 */
export function drawObjects(canvas, image, objects, parts, width, point = 0, magnify = 1) {
  canvas.width = Math.round(image.width * magnify);
  canvas.height = Math.round(image.height * magnify);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const scale = canvas.width / width;
  const side = Math.sqrt(canvas.width * canvas.height);
  context.lineWidth = point ? 2 * point : Math.max(1, side / 400);
  context.lineJoin = "round";
  // Large objects first, so that small ones in front of them stay visible.
  const area = ({ annotation }) => annotation.bbox[2] * annotation.bbox[3];
  const ordered = [...objects].sort((a, b) => area(b) - area(a));
  for (const { annotation, number } of ordered) {
    const path = outline(annotation.segmentation, scale);
    context.fillStyle = `hsl(${hue(number)} 90% 50% / 45%)`;
    context.strokeStyle = `hsl(${hue(number)} 90% 50%)`;
    if (parts.masks) context.fill(path, "evenodd");
    if (parts.contours) context.stroke(path);
    if (parts.boxes) context.strokeRect(...annotation.bbox.map((value) => value * scale));
  }
  if (parts.captions) drawCaptions(context, ordered, scale, point ? 13 * point : Math.max(11, Math.min(side / 40, 44)));
}

function drawCaptions(context, objects, scale, size) {
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const height = size * 1.35;
  for (const { annotation, label, number } of objects) {
    const words = `${label} ${Math.round(annotation.score * 100)}%`;
    const width = context.measureText(words).width + size * 0.6;
    const x = Math.max(0, Math.min(annotation.bbox[0] * scale, context.canvas.width - width));
    const y = Math.max(0, annotation.bbox[1] * scale - height);
    context.fillStyle = `hsl(${hue(number)} 90% 25%)`;
    context.beginPath();
    if (context.roundRect) context.roundRect(x, y, width, height, size * 0.25);
    else context.rect(x, y, width, height);
    context.fill();
    context.fillStyle = "#fff";
    context.fillText(words, x + size * 0.3, y + height * 0.52);
  }
}

function outline(polygons, scale) {
  const path = new Path2D();
  for (const polygon of polygons) {
    path.moveTo(polygon[0] * scale, polygon[1] * scale);
    for (let i = 2; i < polygon.length; i += 2) path.lineTo(polygon[i] * scale, polygon[i + 1] * scale);
    path.closePath();
  }
  return path;
}
