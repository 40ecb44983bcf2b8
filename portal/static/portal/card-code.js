// A card's code, renewed when its half minute is over. Without this file the page shows one code and a link to the next.
(() => {
  "use strict";

  const MOST_RENEWALS = 20; // ten minutes; a page left open must not keep its session awake for ever
  const RETRY_MS = 3000;

  const box = document.querySelector("[data-card-code]");
  if (!box) return;
  const offline = document.querySelector("[data-code-offline]");
  const resume = document.querySelector("[data-code-resume]");
  let timer = 0;
  let renewals = 0;
  let endsAt = 0;

  const leftMs = () => Number(box.querySelector("[data-left]")?.dataset.left ?? 0) * 1000;

  const wait = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(renew, ms);
  };

  const shown = () => {
    endsAt = Date.now() + leftMs();
    box.classList.remove("opacity-30");
    offline.hidden = true;
    wait(leftMs());
  };

  const stale = () => {
    // What can no longer be scanned must not look as if it could.
    box.classList.add("opacity-30");
  };

  const renew = async () => {
    if (document.hidden) return; // a tab that sleeps asks again when it wakes
    if (renewals >= MOST_RENEWALS) {
      stale();
      resume.hidden = false;
      return;
    }
    renewals += 1;
    try {
      const answer = await fetch(box.dataset.cardCode, { headers: { "HX-Request": "true" }, cache: "no-store" });
      if (answer.headers.get("HX-Redirect") || answer.status === 404) {
        location.reload(); // logged out, or the card is stopped: the page says which
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      box.innerHTML = await answer.text();
      shown();
    } catch {
      if (Date.now() > endsAt) stale();
      offline.hidden = false;
      renewals -= 1;
      wait(RETRY_MS);
    }
  };

  resume.querySelector("button").addEventListener("click", () => {
    renewals = 0;
    resume.hidden = true;
    renew();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() >= endsAt && resume.hidden) renew();
  });
  window.addEventListener("online", () => {
    if (!offline.hidden) renew();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) renew();
  });

  shown();
})();
