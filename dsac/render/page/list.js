// The list of a page: filtered, searched, and built only as far as somebody looks.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const CHUNK = 60;

// Make an element; what it says is always text, never markup.
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

const byId = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat("en");
const listed = (value) => (value === undefined ? [] : [value].flat());

const list = byId("list");
const search = byId("search");
const more = byId("more");
const selects = new Map();
let found = data.rows;
let built = 0;

function facet([key, label]) {
  const counts = new Map();
  for (const row of data.rows) {
    for (const value of listed(row[key])) counts.set(value, (counts.get(value) || 0) + 1);
  }
  const needless = counts.size < 2 && (counts.size === 0 || key === "dataset" || key === "kind");
  if (needless) return;
  const options = [...counts].map(([value, count]) =>
    element("option", { value }, `${value} (${numbers.format(count)})`));
  const select = element("select", { id: `by-${key}`, change: update },
    element("option", { value: "" }, "all"), ...options);
  selects.set(key, select);
  byId("facets").append(element("label", {}, label, select));
}

// All that can be searched of a row, made when it is first asked for.
const texts = new Map();
function textOf(row) {
  let text = texts.get(row);
  if (text === undefined) {
    const { images, label, ...rest } = row;
    const { layers, ...named } = label || {};
    text = said([rest, named]).toLowerCase();
    texts.set(row, text);
  }
  return text;
}

function said(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? Object.values(value).map(said).join("\n") : String(value);
}

function matches(row, words) {
  for (const [key, select] of selects) {
    if (select.value && !listed(row[key]).includes(select.value)) return false;
  }
  return words.every((word) => textOf(row).includes(word));
}

function update() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  found = data.rows.filter((row) => matches(row, words));
  const all = numbers.format(data.rows.length + data.left_out);
  byId("count").textContent = `${numbers.format(found.length)} of ${all} ${data.noun}`;
  list.replaceChildren();
  built = 0;
  build();
}

function build() {
  const rows = found.slice(built, built + CHUNK);
  list.append(...rows.map(item));
  built += rows.length;
  more.hidden = built >= found.length;
  more.textContent = `Show more (${numbers.format(found.length - built)})`;
}

function item(row) {
  const details = element("details", {}, heading(row));
  let full = false;
  const fill = () => {
    if (full || !details.open) return;
    full = true;
    details.append(body(row));
  };
  details.addEventListener("toggle", fill);
  if (data.open) {
    details.open = true;
    fill();
  }
  return element("li", { "data-address": row.address }, details);
}

function heading(row) {
  const dataset = row.dataset && row.dataset !== row.name ? ` in ${row.dataset}` : "";
  const line = `${row.kind}${dataset} ${row.says}`;
  const said = row.label ? row.label.sentences.join("; ") : "";
  return element("summary", {},
    element("span", { class: `symbol ${row.style}`, "aria-hidden": "true" }, row.symbol),
    small(row),
    element("span", { class: "what" },
      element("span", { class: "name mono" }, row.name),
      element("span", { class: "says" }, said ? `${line}: ${said}` : line)),
    ...listed(row.state).filter((state) => state !== "planned")
      .map((state) => element("span", { class: `tag ${row.tone || ""}` }, state)));
}

function body(row) {
  const notes = (row.notes || []).map((note) => element("p", { class: "faint" }, note));
  const losses = (row.losses || []).map((loss) => element("li", { class: "held" }, loss));
  return element("div", { class: "body" },
    element("p", { class: "faint" }, "address ", element("code", {}, row.address)),
    ...notes,
    losses.length ? element("ul", {}, ...losses) : null,
    row.images ? pictures(row) : null,
    row.label ? label(row.label) : null,
    row.fields ? fields(row) : null,
    row.more ? element("p", { class: "faint" }, unlisted(row)) : null);
}

function fields(row) {
  const rows = row.fields.map(([sign, path, before, after]) => element("tr", {},
    element("td", { class: { "+": "add", "-": "destroy" }[sign] || "change" }, `${sign} ${path}`),
    element("td", { class: "before" }, before),
    element("td", { class: "after" }, after)));
  const head = ["field", "before", "after"].map((name) => element("th", { scope: "col" }, name));
  return element("div", { class: "scroll" },
    element("table", { class: "fields" },
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...rows)));
}

function unlisted(row) {
  const fields = row.more === 1 ? "field" : "fields";
  return `${numbers.format(row.more)} ${row.fields ? "more " : ""}${fields}, not listed in this page`;
}

function move(event, steps) {
  const here = document.activeElement;
  if (!here || here.tagName !== "SUMMARY") return;
  event.preventDefault();
  if (here.closest("li") === list.lastElementChild && !more.hidden) build();
  const every = [...list.querySelectorAll("summary")];
  const next = every[every.indexOf(here) + steps];
  if (next) next.focus();
}

function onKey(event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape" && event.target === search) {
    if (search.value) {
      search.value = "";
      update();
    } else search.blur();
  } else if (event.key === "ArrowDown" && event.target === search) {
    const first = list.querySelector("summary");
    if (first) first.focus();
  } else if (event.key === "ArrowDown") move(event, 1);
  else if (event.key === "ArrowUp") move(event, -1);
}

function choose(card) {
  for (const [key, select] of selects) {
    const wanted = card.dataset[key] || "";
    select.value = [...select.options].some((option) => option.value === wanted) ? wanted : "";
  }
  update();
  byId("count").scrollIntoView({ block: "nearest" });
}

function turnTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  byId("theme").setAttribute("aria-pressed", String(!dark));
}

function openAll(open) {
  for (const details of list.querySelectorAll("details")) details.open = open;
}

function start() {
  data.facets.forEach(facet);
  search.addEventListener("input", update);
  more.addEventListener("click", build);
  byId("theme").addEventListener("click", turnTheme);
  byId("open").addEventListener("click", () => openAll(true));
  byId("close").addEventListener("click", () => openAll(false));
  for (const card of document.querySelectorAll(".cards button")) {
    card.addEventListener("click", () => choose(card));
  }
  document.addEventListener("keydown", onKey);
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && !more.hidden) build();
  }, { rootMargin: "600px" }).observe(more);
  update();
  document.documentElement.dataset.ready = "yes";
}
