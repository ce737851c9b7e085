// Parts of a page that are live: asked for anew while the page is seen. Without it, people reload.
"use strict";

const AGAIN_MS = 3000;
let isAsking = false;

// What is being read or filled in stays as it is until the reader has moved on.
function isInUse(part) {
  const field = part.querySelector("input:not([type=hidden]):focus, select:focus, textarea:focus, button:focus, a:focus, summary:focus");
  const changed = [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((each) =>
    each.type === "checkbox" ? each.checked !== each.defaultChecked : each.value !== each.defaultValue,
  );
  return Boolean(field) || changed || !document.getSelection().isCollapsed;
}

async function renew() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (document.hidden || isAsking || !parts.length) return;
  isAsking = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = [...fresh.querySelectorAll("[data-live]")];
    if (found.length !== parts.length) return;
    parts.forEach((part, place) => {
      if (isInUse(part) || part.innerHTML === found[place].innerHTML) return;
      const open = [...part.querySelectorAll("details")].map((each) => each.open);
      part.replaceChildren(...found[place].childNodes);
      part.querySelectorAll("details").forEach((each, at) => (each.open = open[at] ?? each.open));
    });
  } catch {
    // the next look may find it again
  } finally {
    isAsking = false;
  }
}

setInterval(renew, AGAIN_MS);
document.addEventListener("visibilitychange", renew);
