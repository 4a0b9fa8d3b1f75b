// A label that changes: before, after and difference, and its instances in a table.
"use strict";

// What is known of the instances of a layer, for those who draw them.
function factsOf(label, layer) {
  const facts = {
    classes: new Map(), previous: new Map(), renumbered: new Map(),
    added: new Set(), removed: new Set(), reshaped: new Set(),
  };
  const worst = [...label.instances].sort((a, b) => (a.iou ?? 1) - (b.iou ?? 1));
  for (const item of worst) {
    if (item.place !== layer.place) continue;
    if (item.change === "added") facts.added.add(item.id);
    else if (item.change === "removed") facts.removed.add(item.id);
    else {
      if (item.class_before !== item.class_after) {
        facts.classes.set(item.id, `${item.class_before} \u2192 ${item.class_after}`);
      }
      if (item.previous !== undefined) {
        facts.previous.set(item.id, item.previous);
        facts.renumbered.set(item.previous, item.id);
      }
      if (item.reshaped) facts.reshaped.add(item.id);
    }
  }
  return facts;
}

// In which coordinates a layer is drawn: those of its picture, else of what is drawn.
function groundOf(layer) {
  const sizes = [];
  for (const side of [layer.before, layer.after]) {
    if (!side) continue;
    const image = side.image === undefined ? null : data.images[side.image];
    if (image && image.width) sizes.push([image.width, image.height]);
    if (side.map) sizes.push(side.map.full);
  }
  if (sizes.length) {
    return { x: 0, y: 0, width: Math.max(...sizes.map((s) => s[0])), height: Math.max(...sizes.map((s) => s[1])) };
  }
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const side of [layer.before, layer.after]) {
    for (const [, , points] of side ? side.shapes : []) {
      for (let at = 0; at < points.length; at += 2) {
        left = Math.min(left, points[at]);
        right = Math.max(right, points[at]);
        top = Math.min(top, points[at + 1]);
        bottom = Math.max(bottom, points[at + 1]);
      }
    }
  }
  if (left > right) return { x: 0, y: 0, width: 4, height: 3 };
  const margin = Math.max(right - left, bottom - top, 1) * 0.05;
  return { x: left - margin, y: top - margin, width: right - left + 2 * margin, height: bottom - top + 2 * margin };
}

function placed(node, ground, [width, height]) {
  node.style.width = `${100 * width / ground.width}%`;
  node.style.height = `${100 * height / ground.height}%`;
  return node;
}

// Where an instance is, roughly in its middle.
function middles(layer, ground) {
  const sums = new Map();
  const add = (id, x, y) => {
    const sum = sums.get(id) || [0, 0, 0];
    sums.set(id, [sum[0] + x, sum[1] + y, sum[2] + 1]);
  };
  for (const side of [layer.after, layer.before]) {
    if (!side) continue;
    const known = new Set(sums.keys());
    for (const [id, , points] of side.shapes) {
      if (known.has(id)) continue;
      for (let at = 0; at < points.length; at += 2) add(id, points[at], points[at + 1]);
    }
    if (!side.map) continue;
    const { width, full, ids } = side.map;
    pixels(side.map).forEach((index, at) => {
      const id = ids[index];
      if (id !== "0" && !known.has(id)) {
        add(id, (at % width + 0.5) * full[0] / width, (Math.floor(at / width) + 0.5) * full[1] / side.map.height);
      }
    });
  }
  return sums;
}

// Name what differs where it is; a name that would cover another is left out.
function tags(layer, ground, facts) {
  const places = middles(layer, ground);
  const size = ground.width / 34;
  const taken = [];
  const made = [];
  const named = [...facts.classes.keys(), ...facts.added, ...facts.removed, ...facts.reshaped];
  for (const id of new Set(named)) {
    if (!places.has(id) || made.length === MOST_TAGS) continue;
    const words = facts.classes.has(id) ? `${id}: ${facts.classes.get(id)}` : id;
    const [sumX, sumY, count] = places.get(id);
    const half = words.length * size * 0.32;
    const x = Math.max(ground.x + half, Math.min(ground.x + ground.width - half, sumX / count));
    const y = sumY / count;
    if (taken.some((box) => Math.abs(box.x - x) < box.half + half && Math.abs(box.y - y) < size * 1.2)) continue;
    taken.push({ x, y, half });
    made.push(drawn("text", {
      x, y, "font-size": size, "stroke-width": size / 5,
      "text-anchor": "middle", "dominant-baseline": "middle",
    }, words));
  }
  return made;
}

function stage(side, ground, { canvas, shapes, dim, says }) {
  const box = element("div", { class: dim ? "stage dim" : "stage", role: "img", "aria-label": says });
  const ratio = ground.width / ground.height;
  const wide = Math.min(640, Math.max(220, ground.width), 460 * ratio);
  box.style.aspectRatio = `${ground.width} / ${ground.height}`;
  box.style.width = `${wide}px`;
  box.style.maxWidth = "100%";
  const image = side && side.image !== undefined ? data.images[side.image] : null;
  if (image && image.src) {
    const node = element("img", { src: image.src, alt: "" });
    box.append(placed(node, ground, [image.width, image.height]));
  } else if (image) {
    box.append(element("span", { class: "why" }, `No picture: ${image.problem}`));
  }
  if (canvas) box.append(placed(canvas.node, ground, canvas.full));
  if (shapes.length) {
    const view = `${ground.x} ${ground.y} ${ground.width} ${ground.height}`;
    box.append(drawn("svg", { viewBox: view, preserveAspectRatio: "none", "aria-hidden": "true" }, ...shapes));
  }
  return box;
}

function sidePanel(name, side, ground, chosen) {
  const canvas = side.map && { node: sideCanvas(side.map, chosen), full: side.map.full };
  const shapes = sideShapes(side, ground.width, chosen);
  const above = side.shapes.some(([, form]) => form === "cuboid") ? ", seen from above" : "";
  const noun = side.count === 1 ? "instance" : "instances";
  const says = `${name}: ${numbers.format(side.count)} ${noun}${above}`;
  const box = stage(side, ground, { canvas, shapes, says });
  const caption = element("figcaption", {}, says);
  if (side.map) {
    box.addEventListener("pointermove", (event) => {
      const rect = box.querySelector("canvas").getBoundingClientRect();
      const id = idAt(side.map, event.clientX - rect.left, event.clientY - rect.top, rect.width, rect.height);
      const what = side.classes[id] ? `${id}: ${side.classes[id]}` : id;
      caption.textContent = id === "0" || id === undefined ? says : `${says} \u00b7 ${what}`;
    });
    box.addEventListener("pointerleave", () => { caption.textContent = says; });
  }
  return element("figure", { "data-panel": name }, box, caption);
}

function differencePanel(label, layer, ground) {
  const facts = factsOf(label, layer);
  const seen = new Set();
  const mapped = layer.before.map || layer.after.map;
  const full = layer.changed ? layer.changed.full : mapped && mapped.full;
  const canvas = mapped && { node: differenceCanvas(layer, facts, seen), full };
  const shapes = differenceShapes(layer, ground.width, facts, seen);
  const side = layer.after.image === undefined ? layer.before : layer.after;
  const says = seen.size ? "difference" : "difference: nothing that is drawn differs";
  const marks = [...shapes, ...tags(layer, ground, facts)];
  const box = stage(side, ground, { canvas, shapes: marks, dim: true, says });
  const legend = [...seen].map((what) =>
    element("span", {}, element("i", { class: what }), MEANS[what]));
  const caption = element("figcaption", { class: "legend" }, element("span", {}, says), ...legend);
  return element("figure", { "data-panel": "difference" }, box, caption);
}

const isDrawn = (side) => Boolean(side && (side.map || side.shapes.length));
const isSeen = (side) => side && side.image !== undefined && Boolean(data.images[side.image].src);

// Where one side can't be drawn, nothing can be said of the difference; one that has
// no instances is drawn, with nothing on it.
function isComparable({ before, after, problem }) {
  if (!before || !after) return false;
  const empty = (side) => !problem && !side.count && !isDrawn(side);
  if (empty(before) || empty(after)) return isDrawn(before) || isDrawn(after);
  return isDrawn(before) && isDrawn(after) && Boolean(before.map) === Boolean(after.map);
}

function layerPanels(label, layer, chosen) {
  const sides = [layer.before, layer.after];
  if (!sides.some(isDrawn) && !sides.some(isSeen)) return [];
  const ground = groundOf(layer);
  const made = [];
  if (layer.before) made.push(sidePanel("before", layer.before, ground, chosen));
  if (layer.after) made.push(sidePanel("after", layer.after, ground, chosen));
  if (isComparable(layer)) made.push(differencePanel(label, layer, ground));
  return made;
}

const round = (value) => numbers.format(Math.round(value * 100) / 100);

// The columns of the table: how they are called, and what they say of an instance.
const COLUMNS = [
  ["where", (item) => item.place],
  ["what differs", (item) => item.says],
  ["class before", (item) => item.class_before],
  ["class after", (item) => item.class_after],
  ["size before", (item) => sized(item, item.size_before), "number"],
  ["size after", (item) => sized(item, item.size_after), "number"],
  ["IoU", (item) => item.iou, "number"],
];

function sized(item, size) {
  return size === undefined ? undefined : `${round(size)} ${item.unit || ""}`.trim();
}

function instanceRow(item, columns, pick) {
  const button = element("button", {
    type: "button", "aria-pressed": "false", title: "show where it is",
  }, item.id);
  button.addEventListener("click", () => pick(item, button));
  const cells = columns.map(([, say, look]) => element("td", { class: look }, say(item) ?? ""));
  return element("tr", {}, element("td", {}, button), ...cells);
}

function instances(label, pick) {
  const columns = COLUMNS.filter(([, say]) => label.instances.some(say));
  const names = ["instance", ...columns.map(([name]) => name)];
  const head = names.map((name) => element("th", { scope: "col" }, name));
  const told = ["Instances that differ."];
  if (label.more) told.push(`${numbers.format(label.more)} more differ.`);
  if (label.unchanged) {
    const are = label.unchanged === 1 ? "other is as it was" : "others are as they were";
    told.push(`${numbers.format(label.unchanged)} ${are}.`);
  }
  return element("div", { class: "scroll" }, element("table", { class: "instances" },
    element("caption", {}, told.join(" ")),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...label.instances.map((item) => instanceRow(item, columns, pick)))));
}

function toggle(name, turn) {
  const button = element("button", { type: "button", "aria-pressed": "true", "data-toggle": name }, name);
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    turn(on);
  });
  return button;
}

function label(found) {
  const panels = element("div", { class: "panels wide" });
  const hidden = new Set();
  let chosen = null;
  const show = () => {
    const made = found.layers.flatMap((layer) => {
      const title = layer.place ? [element("p", { class: "faint wide" }, layer.place)] : [];
      const mine = chosen && chosen.place === layer.place ? chosen.id : null;
      return [...title, ...layerPanels(found, layer, mine)];
    });
    for (const node of made) node.hidden = hidden.has(node.dataset.panel);
    panels.replaceChildren(...made);
  };
  const pick = (item, button) => {
    const again = chosen === item;
    chosen = again ? null : item;
    for (const other of button.closest("tbody").querySelectorAll("button")) {
      const on = !again && other === button;
      other.setAttribute("aria-pressed", String(on));
      other.closest("tr").classList.toggle("chosen", on);
    }
    show();
  };
  show();
  const both = found.layers.some(isComparable);
  const any = panels.childElementCount > 0;
  const turn = (name) => toggle(name, (on) => {
    if (on) hidden.delete(name);
    else hidden.add(name);
    for (const node of panels.children) node.hidden = hidden.has(node.dataset.panel);
  });
  const tools = element("div", { class: "tools", role: "group", "aria-label": "what is shown" },
    ...(both ? ["before", "after", "difference"].map(turn) : []),
    toggle("picture", (on) => panels.classList.toggle("no-picture", !on)),
    toggle("labels", (on) => panels.classList.toggle("no-labels", !on)));
  const problems = found.layers.map((layer) => layer.problem).filter(Boolean)
    .map((why) => `Not all is drawn: ${why}.`);
  const lost = found.layers.flatMap((layer) => [layer.before, layer.after])
    .filter((side) => !any && side && side.image !== undefined)
    .map((side) => `No picture: ${data.images[side.image].problem}.`);
  problems.push(...new Set(lost));
  if (found.problem) problems.push(`Pixels are not compared: ${found.problem}.`);
  return element("div", { class: "label" },
    ...(any ? [tools, panels] : []),
    ...problems.map((why) => element("p", { class: "faint" }, why)),
    found.instances.length ? instances(found, pick) : null);
}

start();
