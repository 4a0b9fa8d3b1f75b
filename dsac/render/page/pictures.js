// What a page draws: thumbnails, and labels on their pictures, side by side.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const COLORS = {
  gained: [47, 191, 90], lost: [240, 72, 62], other: [226, 60, 208], class: [255, 179, 0],
};
const MEANS = {
  gained: "gained by an instance", lost: "lost by an instance",
  other: "goes to another instance, or changed shape", class: "another class",
};
const MOST_TAGS = 40;

function drawn(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function small(row) {
  const pair = (row.images || [])[0] || picturesOfLabel(row);
  const index = pair && (pair.after ?? pair.before);
  if (index === null || index === undefined) return null;
  const image = data.images[index];
  return image.src
    ? element("img", { src: image.src, alt: "", decoding: "async" })
    : element("span", { class: "none", title: image.problem });
}

function picturesOfLabel(row) {
  const layer = row.label && row.label.layers[0];
  return layer && { before: layer.before && layer.before.image, after: layer.after && layer.after.image };
}

function figure(content, caption) {
  return element("figure", {}, content, element("figcaption", {}, caption));
}

function picture(index, alt) {
  const image = data.images[index];
  return image.src
    ? element("img", { src: image.src, alt })
    : element("div", { class: "none picture" }, `No picture: ${image.problem}`);
}

function pictures(row) {
  const made = [];
  for (const pair of row.images) {
    const where = pair.place ? `${pair.place}, ` : "";
    const both = pair.before !== undefined && pair.after !== undefined;
    for (const side of ["before", "after"]) {
      if (pair[side] === undefined) continue;
      const image = data.images[pair[side]];
      const size = image.width ? ` (${image.width} x ${image.height})` : "";
      const caption = `${where}${both ? side : row.actions.includes("delete") ? "goes" : "picture"}${size}`;
      made.push(figure(picture(pair[side], `${row.name}, ${caption}`), caption));
    }
  }
  return element("div", { class: "panels" }, ...made);
}

// The index of each pixel of a map, from runs of numbers in groups of 7 bits.
function pixels(map) {
  if (map.pixels) return map.pixels;
  const bytes = Uint8Array.from(atob(map.runs), (letter) => letter.charCodeAt(0));
  const result = new Uint32Array(map.width * map.height);
  let at = 0;
  const number = () => {
    let value = 0;
    let shift = 0;
    let byte;
    do {
      byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      shift += 7;
    } while (byte & 128);
    return value;
  };
  for (let where = 0; at < bytes.length;) {
    const index = number();
    const end = where + number();
    result.fill(index, where, end);
    where = end;
  }
  map.pixels = result;
  return result;
}

function idAt(map, x, y, width, height) {
  if (!map) return "0";
  const column = Math.min(map.width - 1, Math.floor(x * map.width / width));
  const line = Math.min(map.height - 1, Math.floor(y * map.height / height));
  return map.ids[pixels(map)[line * map.width + column]];
}

function colorOf(id) {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) % 100003;
  const hue = (hash * 137.508) % 360;
  const channel = (n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (0.56 - 0.34 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

// Paint a canvas: `paint` gives the colour of a pixel, or nothing.
function canvasOf(width, height, paint) {
  const canvas = element("canvas", { width, height, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const color = paint(x, y);
      if (!color) continue;
      image.data.set(color, at);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function sideCanvas(map, chosen) {
  const ids = pixels(map);
  const colors = map.ids.map((id) => (id === "0" ? null : colorOf(id)));
  return canvasOf(map.width, map.height, (x, y) => {
    const at = y * map.width + x;
    const color = colors[ids[at]];
    if (!color) return null;
    const edge = (x + 1 < map.width && ids[at + 1] !== ids[at])
      || (y + 1 < map.height && ids[at + map.width] !== ids[at]);
    const other = chosen && map.ids[ids[at]] !== chosen;
    return [...color, edge ? (other ? 110 : 255) : other ? 25 : chosen ? 190 : 120];
  });
}

// The id of one side at a pixel of the difference; bitmaps of two sizes lie on each
// other at their top left corner.
function idBelow(map, x, y, base) {
  if (!map) return "0";
  const column = (x + 0.5) * base.full[0] / base.width;
  const line = (y + 0.5) * base.full[1] / base.height;
  const [width, height] = map.full;
  return column < width && line < height ? idAt(map, column, line, width, height) : "0";
}

function differenceCanvas(layer, facts, seen) {
  const { before, after } = layer;
  const base = layer.changed || (after && after.map) || (before && before.map);
  const { width, height } = base;
  const mask = layer.changed && pixels(layer.changed);
  const alone = !before.map || !after.map;
  return canvasOf(width, height, (x, y) => {
    const here = idBelow(before.map, x, y, base);
    const there = idBelow(after.map, x, y, base);
    const differs = mask ? layer.changed.ids[mask[y * width + x]] === "1" : alone && here !== there;
    let what = null;
    if (differs && facts.previous.get(there) !== here) {
      what = here === "0" && there !== "0" ? "gained" : there === "0" && here !== "0" ? "lost" : "other";
    } else if (facts.classes.has(there)) what = "class";
    if (!what) return null;
    seen.add(what);
    return [...COLORS[what], what === "class" ? 150 : 215];
  });
}

const rgb = (color) => `rgb(${color.join(" ")})`;

function shapeOf([id, form, points], style, name) {
  const pairs = [];
  for (let at = 0; at < points.length; at += 2) pairs.push(`${points[at]},${points[at + 1]}`);
  const text = drawn("title", {}, name ? `${id}: ${name}` : id);
  const common = { ...style, "vector-effect": "non-scaling-stroke", "data-id": id };
  if (form === "point") {
    return drawn("circle", { ...common, cx: points[0], cy: points[1], r: style.radius }, text);
  }
  const open = form === "polyline";
  const fill = open ? "none" : style.fill;
  return drawn(open ? "polyline" : "polygon", { ...common, fill, points: pairs.join(" ") }, text);
}

function sideShapes(side, size, chosen) {
  return side.shapes.map((shape) => {
    const color = rgb(colorOf(shape[0]));
    const other = chosen && chosen !== shape[0];
    return shapeOf(shape, {
      stroke: color, "stroke-width": chosen === shape[0] ? 4 : 2, fill: color,
      "fill-opacity": other ? 0.03 : 0.25, "stroke-opacity": other ? 0.35 : 1,
      radius: size / 90,
    }, side.classes[shape[0]]);
  });
}

function differenceShapes(layer, size, facts, seen) {
  const made = [];
  const add = (side, shape, what, dashed) => {
    if (what) seen.add(what);
    const color = what ? rgb(COLORS[what]) : "#8a94a0";
    made.push(shapeOf(shape, {
      stroke: color, "stroke-width": what ? 2.5 : 1, fill: color,
      "fill-opacity": what && !dashed ? 0.28 : 0, "stroke-opacity": what ? 1 : 0.6,
      "stroke-dasharray": dashed ? "5 4" : "none", radius: size / 90,
    }, side.classes[shape[0]]));
  };
  for (const shape of layer.before.shapes) {
    const moved = facts.reshaped.has(facts.renumbered.get(shape[0]) || shape[0]);
    if (facts.removed.has(shape[0])) add(layer.before, shape, "lost", true);
    else if (moved) add(layer.before, shape, "other", true);
  }
  for (const shape of layer.after.shapes) {
    const id = shape[0];
    const what = facts.added.has(id) ? "gained" : facts.classes.has(id) ? "class"
      : facts.reshaped.has(id) ? "other" : null;
    add(layer.after, shape, what, false);
  }
  return made;
}
