// The pages work without this file. It keeps counts live, counts what is selected, and knows keys.
"use strict";

const LOOK_MS = 5000;
const SHORTCUTS = "gatepost-shortcuts";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- live counts: asked for while the page is seen ---------------------------------------------

const counted = document.querySelector("[data-counts]");
const number = new Intl.NumberFormat("en");

async function look() {
  if (document.hidden) return;
  let answer;
  try {
    answer = await fetch(counted.dataset.counts, { headers: { Accept: "application/json" } });
  } catch {
    return; // the next look may find it again
  }
  if (!answer.ok) return;
  const { lists } = await answer.json();
  for (const place of all("[data-count]", counted)) {
    const now = number.format(lists[place.dataset.count]);
    if (place.textContent === now) continue;
    place.textContent = now;
    const shown = place.closest("[aria-current]");
    const fresh = document.querySelector("[data-fresh]");
    if (shown && fresh) fresh.hidden = false;
  }
}

if (counted) {
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
}

// --- selection ---------------------------------------------------------------------------------

const boxes = () => all("#selection [data-row] input[type=checkbox]");

function count() {
  const chosen = boxes().filter((box) => box.checked);
  for (const box of boxes()) box.closest("[data-row]").classList.toggle("is-chosen", box.checked);
  for (const bar of all("[data-chosen-bar]")) bar.hidden = chosen.length === 0;
  for (const place of all("[data-chosen]")) place.textContent = number.format(chosen.length);
  for (const box of all("[data-all]")) {
    box.checked = chosen.length > 0 && chosen.length === boxes().length;
    box.indeterminate = chosen.length > 0 && !box.checked;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    for (const box of boxes()) box.checked = event.target.checked;
  }
  if (event.target.matches("#selection input[type=checkbox]")) count();
});
window.addEventListener("pageshow", count); // a browser that goes back keeps what was ticked

// --- what opens closes again -------------------------------------------------------------------

document.addEventListener("click", (event) => {
  for (const open of all("details.filters[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const open = document.querySelector("details.filters[open]");
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// --- keys: off where somebody types, and switched off by whoever wants to ----------------------

const rows = () => all("[data-row]");
let at = -1;

function move(step) {
  const found = rows();
  if (!found.length) return;
  at = Math.min(found.length - 1, Math.max(0, at + step));
  found.forEach((row, place) => row.classList.toggle("at", place === at));
  (found[at].querySelector("a[data-open]") ?? found[at].querySelector("input"))?.focus();
}

const keys = {
  j: ["Next row", () => move(1)],
  k: ["Row before", () => move(-1)],
  x: ["Select the row", () => rows()[at]?.querySelector("input[type=checkbox]")?.click()],
  "/": ["Search", () => document.querySelector("[data-search]")?.focus()],
  "?": ["These keys", help],
};

function help() {
  const old = document.querySelector("dialog[data-help]");
  if (old) return old.showModal();
  const dialog = document.createElement("dialog");
  dialog.dataset.help = "";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: "Keys" });
  const list = Object.assign(document.createElement("dl"), { className: "keys" });
  for (const [key, [words]] of Object.entries(keys)) {
    const name = document.createElement("dt");
    name.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    list.append(name, Object.assign(document.createElement("dd"), { textContent: words }));
  }
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !areOff() });
  box.addEventListener("change", () => localStorage.setItem(SHORTCUTS, box.checked ? "on" : "off"));
  label.append(box, " Keys are on");
  const done = Object.assign(document.createElement("button"), { textContent: "Close" });
  done.addEventListener("click", () => dialog.close());
  const foot = document.createElement("p");
  foot.append(label);
  dialog.append(title, list, foot, done);
  document.body.append(dialog);
  dialog.showModal();
}

const areOff = () => localStorage.getItem(SHORTCUTS) === "off";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const types = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (types || (areOff() && event.key !== "?")) return;
  const known = keys[event.key];
  if (!known) return;
  event.preventDefault();
  known[1]();
});
