// The pages work without this file; it only saves key strokes. Everything hangs on data- attributes, nothing is inline.
(() => {
  "use strict";

  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  // data-close inside data-toast: dismiss. Toasts that only confirm leave by themselves; warnings and errors stay.
  const TOAST_STAYS_MS = 5000;
  const dismissLater = (root) => {
    for (const toast of root.querySelectorAll("[data-toast].toast-success, [data-toast].toast-info")) {
      setTimeout(() => toast.remove(), TOAST_STAYS_MS);
    }
  };

  document.addEventListener("click", (event) => {
    closest(event, "[data-close]")?.closest("[data-toast]")?.remove();

    if (closest(event, "[data-print]")) window.print();

    const copy = closest(event, "[data-copy]");
    if (copy) {
      navigator.clipboard?.writeText(copy.dataset.copy).then(() => {
        const said = copy.querySelector("[data-copied]");
        if (said) said.hidden = false;
      });
    }

    // data-fill='{"id_amount": "200"}': quick amounts.
    const fill = closest(event, "[data-fill]");
    if (fill) {
      for (const [id, value] of Object.entries(JSON.parse(fill.dataset.fill))) {
        const input = document.getElementById(id);
        if (input) {
          input.value = value;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }
      }
    }

    // A menu closes when something outside it is pressed.
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("change", (event) => {
    closest(event, "[data-autosubmit]")?.form?.requestSubmit();
    // data-most-bytes: a file that is too large is told of before it is sent.
    const picked = closest(event, "[data-most-bytes]");
    if (picked) {
      const tooLarge = [...picked.files].some((file) => file.size > Number(picked.dataset.mostBytes));
      picked.setCustomValidity(tooLarge ? picked.dataset.tooLarge : "");
      picked.reportValidity();
    }
    // data-shows: a radio that shows the part of the form it speaks of and hides its siblings' parts.
    const chooser = closest(event, "[data-shows]");
    if (chooser) showChosen(chooser);
  });

  const showChosen = (chooser) => {
    for (const radio of document.querySelectorAll(`[data-shows][name="${chooser.name}"]`)) {
      const part = document.getElementById(radio.dataset.shows);
      if (part) part.hidden = !radio.checked;
    }
    // Parts whose radio is not offered now.
    for (const part of document.querySelectorAll(`[data-part-of="${chooser.name}"]`)) {
      part.hidden = part.id !== chooser.dataset.shows;
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details[data-menu][open]")) {
        menu.open = false;
        menu.querySelector("summary")?.focus();
      }
    }
    // data-hotkey="F2": jump to a field, or press a button.
    const target = /^F\d+$/.test(event.key) && document.querySelector(`[data-hotkey="${event.key}"]`);
    if (target) {
      event.preventDefault();
      if (target.matches("input, select, textarea")) {
        target.focus();
        target.select?.();
      } else {
        target.click();
      }
    }
  });

  // One press, one submission. The idempotency key guards the ledger anyway; this spares people the doubt.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    // What opens beside this page leaves its button awake.
    if (form.method === "post" && !form.target && !event.defaultPrevented) {
      const button = event.submitter;
      setTimeout(() => {
        if (button) {
          button.setAttribute("aria-busy", "true");
          button.disabled = true;
        }
      });
    }
  });

  // Coming back with the browser's back button must not find the buttons still asleep.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      for (const button of document.querySelectorAll("button[aria-busy]")) {
        button.disabled = false;
        button.removeAttribute("aria-busy");
      }
    }
  });

  // Screen readers speak of what changes in a live region, not of what a page brings along: put the toasts in anew.
  const announce = (region) => {
    const toasts = [...region.children];
    if (!toasts.length) return;
    region.replaceChildren();
    setTimeout(() => {
      region.append(...toasts);
      dismissLater(region);
    }, 100);
  };

  // data-remember="name": a fold that stands as this person left it, on whatever page she meets it next.
  const recallFolds = () => {
    for (const fold of document.querySelectorAll("details[data-remember]")) {
      const name = `kayun-${fold.dataset.remember}`;
      try {
        const kept = localStorage.getItem(name);
        if (kept !== null && !fold.querySelector("[aria-current]")) fold.open = kept === "open";
      } catch {
        // A browser that keeps nothing shows the folds as the page sent them.
      }
      fold.querySelector("summary").addEventListener("click", () => {
        try {
          localStorage.setItem(name, fold.open ? "shut" : "open");
        } catch {
          // As above.
        }
      });
    }
  };

  // What was fetched may bring other choices along.
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll("[data-shows]:checked").forEach(showChosen);
  });

  const start = () => {
    recallFolds();
    document.querySelectorAll(".toasts").forEach(announce);
    document.querySelectorAll("[data-shows]:checked").forEach(showChosen);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
