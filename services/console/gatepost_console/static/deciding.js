// Deciding: the record follows the entries, seconds run, keys reach the buttons. Works without, too.
"use strict";

document.documentElement.classList.add("js");

// --- keys of the page: a button is reached, Enter presses it; a link is followed ---------------

function reach(place) {
  if (place.matches("a")) return place.click();
  place.scrollIntoView({ block: "nearest" });
  place.focus();
  if (place.matches("input, textarea")) place.select();
}

for (const { dataset: known } of all("[data-key]")) {
  keys[known.key] = [known.keySays, () => reach(document.querySelector(`[data-key="${known.key}"]`))];
}

// --- entries: what would be written is shown anew, and what is chosen from is searched ---------

const PAUSE_MS = 250;
const entries = document.querySelector("form[data-entries]");
let waiting, asked = 0;

async function showAnew() {
  const mine = ++asked;
  let page;
  try {
    const answer = await fetch(entries.dataset.entries, {
      method: "POST",
      body: new URLSearchParams(new FormData(entries)),
      headers: { Accept: "text/html" },
    });
    if (!answer.ok) return;
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return; // what is accepted is asked again in any case
  }
  if (mine !== asked) return; // a later one is on its way
  for (const part of all("[data-fresh-part]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh) continue;
    if (!part.contains(document.activeElement)) part.replaceWith(fresh);
    else if (document.activeElement.matches("[data-find]")) chooseAnew(part, fresh);
  }
}

// Whoever looks for something goes on typing; what they find comes in below.
function chooseAnew(part, fresh) {
  const [old, found] = [part, fresh].map((each) => each.querySelector("select"));
  if (old && found) old.replaceWith(found);
}

function soon(pause) {
  clearTimeout(waiting);
  waiting = setTimeout(showAnew, pause);
}

entries?.addEventListener("change", () => soon(0));
entries?.addEventListener("submit", (event) => {
  if (!event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault(); // Enter in a field shows the record, and decides nothing
  soon(0);
});
entries?.addEventListener("input", (event) => {
  if (!event.target.matches("select")) soon(PAUSE_MS);
});

// --- the seconds in which it can be taken back -------------------------------------------------

const seconds = document.querySelector("[data-seconds]");
if (seconds) {
  const end = Date.now() + 1000 * Number(seconds.textContent);
  const running = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    seconds.textContent = left;
    if (left === 0) clearInterval(running);
  }, 250);
}

// --- a range is ticked with shift; o opens a row -----------------------------------------------

let last;
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches?.("#selection [data-row] input[type=checkbox]")) return;
  const found = boxes();
  if (event.shiftKey && last) {
    const [from, to] = [found.indexOf(last), found.indexOf(box)].sort((a, b) => a - b);
    for (const each of found.slice(Math.max(0, from), to + 1)) each.checked = box.checked;
    count();
  }
  last = box;
});

if (rows().length) {
  keys.o = ["Open the row", () => rows()[at]?.querySelector("a[data-open]")?.click()];
}

// What is not selected yet is selected by the way: the row one stands on.
for (const known of ["a", "r"]) {
  const reached = keys[known];
  if (!reached || !document.querySelector("[data-chosen-bar]")) continue;
  keys[known] = [reached[0], () => {
    const box = rows()[at]?.querySelector("input[type=checkbox]");
    if (box && !boxes().some((each) => each.checked)) box.click();
    if (boxes().some((each) => each.checked)) reached[1]();
  }];
}
