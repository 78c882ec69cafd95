// Keeps the live part of a page up to date, and carries the token from the address into the form.
// Everything works without this script too: the page then loads itself again, and the token is typed.
const KEY = "launchready-token";
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname + location.search);
}
const field = document.getElementById("token");
if (field && !field.value) field.value = sessionStorage.getItem(KEY) ?? "";

const live = document.getElementById("live");
let stream = null;
let over = false;

function show(html) {
  const at = document.activeElement?.getAttribute?.("href");
  const closed = live.querySelector("details:not([open])") !== null;
  live.innerHTML = html; // the server has escaped it, and the page's policy lets nothing in it run
  if (closed) live.querySelector("details")?.removeAttribute("open");
  if (at) live.querySelector(`a[href="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
}

function follow() {
  if (stream || over || document.hidden) return;
  stream = new EventSource(live.dataset.events);
  stream.addEventListener("message", (event) => show(event.data));
  stream.addEventListener("over", () => {
    over = true;
    leave();
  });
}

function leave() {
  stream?.close();
  stream = null;
}

if (live) {
  follow();
  // A browser has few connections to one address: a page that nobody sees needs none.
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", follow);
}
