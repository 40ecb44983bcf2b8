// The member's portal as something that can be installed. Without this file it is a web site like any other.
(() => {
  "use strict";

  const worker = document.querySelector('meta[name="kayun-worker"]')?.content;
  if (worker && "serviceWorker" in navigator) {
    window.addEventListener("load", () => navigator.serviceWorker.register(worker, { scope: "/" }).catch(() => {}));
  }

  // Drawn from what was kept (sw.js): say so, and since when.
  const keptAt = document.documentElement.dataset.keptAt;
  const note = document.querySelector("[data-offline-note]");
  if (keptAt && note) {
    const time = note.querySelector("time");
    time.dateTime = keptAt;
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, {
      timeZone: "Asia/Shanghai",
      dateStyle: "medium",
      timeStyle: "short",
    }).format(new Date(keptAt));
    note.hidden = false;
  }

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-again]")) window.location.reload();
  });
})();
