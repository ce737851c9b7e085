// What is new shows by itself. Without this script a reload shows it too.
"use strict";

const EVERY = 2000;

async function refresh() {
  if (document.hidden || !document.querySelector("[data-fresh]")) return;
  const shown = document.querySelector(".is-open")?.href ?? location.href; // what is read stays open
  const answer = await fetch(shown, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const now = fresh.getElementById(part.id);
    if (now && !part.contains(document.activeElement) && now.innerHTML !== part.innerHTML) {
      part.replaceChildren(...document.importNode(now, true).childNodes);
    }
  }
}

setInterval(() => refresh().catch(() => {}), EVERY); // not there just now: it is asked again
