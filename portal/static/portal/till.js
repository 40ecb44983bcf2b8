// The till by keyboard and scanner. Without this file it is a plain form, a page for each Enter.
(() => {
  "use strict";

  const SCAN_GAP_MS = 35; // people type slower
  const SCAN_LENGTH = 6;
  const MEMBER_CODE = /^KY\d{20}$/i;

  const byId = (id) => document.getElementById(id);
  const form = () => byId("till-form");
  const card = () => byId("id_card");
  const amount = () => byId("id_amount");
  const shown = () => document.querySelector("#till-card [data-look]")?.dataset.look ?? "waiting";
  const isBusy = () => form()?.dataset.state === "sending";
  const isUnknown = () => form()?.dataset.state === "unknown";

  const take = (input) => {
    input.focus();
    input.select();
  };

  const look = () => {
    if (!card().value.trim()) return;
    // The last one's balance must not be taken for this one's.
    document.querySelector(".till-result")?.classList.add("till-result-past");
    htmx.trigger(byId("till-card"), "look");
    take(amount());
  };

  // What Enter would do, as soon as the hand rests.
  const REST_MS = 250;
  let resting = 0;
  const quote = () => {
    clearTimeout(resting);
    if (!form() || isBusy() || isUnknown()) return;
    if (!amount().value.trim() || shown() !== "ready") byId("till-quote").replaceChildren();
    else resting = setTimeout(() => htmx.trigger(byId("till-quote"), "quote"), REST_MS);
  };

  // ── Anew: Esc, without asking the server, so that the next scan loses no digit ──────────────────────────────────

  const freshKey = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const unsay = (root = document) => {
    for (const said of root.querySelectorAll("#till [data-till-said], #till .field-error")) said.remove();
    for (const input of root.querySelectorAll("#till [aria-invalid]")) input.removeAttribute("aria-invalid");
  };

  const chooseMode = (mode) => {
    const radio = [...form().elements.mode].find((one) => one.value === mode) ?? form().elements.mode;
    if (radio instanceof HTMLInputElement && radio.value === mode) {
      radio.checked = true;
      radio.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };

  // ── What the card wants beside the amount ───────────────────────────────────────────────────────────────────────

  const mode = () => form().querySelector("[name=mode]:checked")?.value;
  const hasPackages = () => document.querySelector("#till-card [data-packages]") !== null;
  const chosenModes = () =>
    [...form().querySelectorAll("[name=mode]")].filter((one) => one.value !== "package" || hasPackages());

  const fenOf = (text) => Math.round(Number(text.replace(/[^0-9.]/g, "")) * 100);

  // The next field that is wanted and still empty; undefined: Enter may send the form.
  const wanted = () => {
    const asks = document.querySelector("#till-card [data-asks]")?.dataset ?? {};
    const words = mode() === "top_up" ? [] : (asks.asks ?? "").split(" ");
    const above = Number(asks.pinAbove ?? 0);
    const takes = mode() === "package" ? 0 : fenOf(amount().value) - fenOf(form().elements.cash?.value ?? "");
    const needs = [mode() === "package" ? byId("id_count") : amount()];
    if (words.includes("vehicle")) needs.push(byId("id_vehicle"));
    if (words.includes("pin") && (above === 0 || takes > above)) needs.push(byId("id_pin"));
    return needs.find((input) => !input.value.trim());
  };

  const usePackage = () => {
    if (!hasPackages()) return;
    chooseMode("package");
    const products = [...form().querySelectorAll("[name=product]")];
    if (products.length > 1) products.find((one) => one.checked)?.focus();
    else take(byId("id_count"));
  };

  const anew = () => {
    unsay();
    const till = form();
    delete till.dataset.state;
    for (const input of till.querySelectorAll("input:not([type=hidden], [type=radio])")) {
      input.readOnly = false;
      input.value = input.defaultValue === "1" && input.id === "id_count" ? "1" : "";
    }
    till.elements.idempotency_key.value = freshKey();
    till.elements.repeats.value = "";
    chooseMode(till.querySelector("[name=mode]").value);
    till.querySelector(".till-more").open = false;
    byId("till-card").replaceChildren(byId("till-waiting").content.cloneNode(true));
    byId("till-say").textContent = "";
    byId("till-quote").replaceChildren();
    clearTimeout(resting);
    history.replaceState(null, "", till.getAttribute("action"));
    card().focus();
  };

  // ── What was sent and got no answer may have been done: the same form, under the same key, asks again ───────────

  const say = (name) => {
    const text = byId(name).content.cloneNode(true);
    form().querySelector(".till-act").prepend(text);
  };

  const lost = () => {
    unsay();
    form().dataset.state = "unknown";
    for (const input of form().querySelectorAll("input:not([type=hidden], [type=radio])")) input.readOnly = true;
    say("till-unknown");
    amount().focus();
  };

  const escape = () => {
    if (isBusy()) return;
    if (isUnknown() && !form().dataset.givingUp) {
      form().dataset.givingUp = "yes";
      say("till-give-up");
      return;
    }
    delete form().dataset.givingUp;
    anew();
  };

  // ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

  // A card that is scanned while the cursor stands in the amount is a card, not an amount.
  let run = "";
  let lastAt = 0;
  const watchForScan = (event) => {
    const quick = event.timeStamp - lastAt < SCAN_GAP_MS;
    if (event.key.length === 1) run = quick ? run + event.key : event.key;
    else if (event.key !== "Enter" || !quick) run = "";
    lastAt = event.timeStamp;
  };

  const enterInAmount = (event) => {
    if (isBusy()) {
      event.preventDefault();
    } else if (run.length >= SCAN_LENGTH && !isUnknown()) {
      event.preventDefault();
      const scanned = run;
      anew();
      card().value = scanned;
      look();
    } else if (wanted()) {
      event.preventDefault();
      wanted().focus();
    }
    run = "";
  };

  const moveAmongChoices = (event) => {
    const choices = [...document.querySelectorAll("[data-pick]")];
    const at = choices.indexOf(document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    choices[(at + (event.key === "ArrowDown" ? 1 : choices.length - 1)) % choices.length].focus();
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (!form() || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
      // Where nothing has the focus, what is scanned or typed goes to the card.
      if (event.target === document.body && event.key.length === 1 && !isBusy() && !isUnknown()) take(card());
      if (event.target === amount()) watchForScan(event);
      if (event.key === "Escape" && !document.querySelector("details[data-menu][open]")) {
        event.preventDefault();
        escape();
      } else if (event.key === "F2" && !isBusy() && !isUnknown()) {
        event.preventDefault();
        const modes = chosenModes();
        const at = modes.findIndex((one) => one.checked);
        chooseMode(modes[(at + 1) % modes.length].value);
        if (shown() === "ready") (mode() === "package" ? byId("id_count") : amount()).focus();
      } else if (event.key === "F6" && !isBusy() && !isUnknown()) {
        event.preventDefault();
        usePackage();
      } else if (event.key === "F4") {
        event.preventDefault();
        const more = form().querySelector(".till-more");
        more.open = !more.open;
        const first = [...more.querySelectorAll("input, select")].find((input) => input.offsetParent);
        (more.open && first ? first : amount()).focus();
      } else if (event.key === "Enter" && event.target === card()) {
        event.preventDefault();
        if (!isBusy() && !isUnknown()) look();
      } else if (event.key === "Enter" && event.target === amount()) {
        enterInAmount(event);
      } else if (event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.form === form()) {
        // From a package to its count; from any field to the next that is wanted; then it is sent.
        const next = event.target.name === "product" ? byId("id_count") : wanted();
        if (isBusy()) event.preventDefault();
        else if (next) {
          event.preventDefault();
          take(next);
        }
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        moveAmongChoices(event);
      }
    },
    true,
  );

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !form()) return;
    if (event.target.closest("[data-till-clear]")) {
      event.preventDefault();
      escape();
    }
    const pick = event.target.closest("[data-pick]");
    if (pick) {
      event.preventDefault();
      card().value = pick.dataset.pick;
      look();
    }
    if (isUnknown() && event.target.closest(".till-mode")) event.preventDefault();
  });

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      if (event.target instanceof Element && event.target !== card() && event.target.form === form()) quote();
    });
  }

  // ── Sent and answered ───────────────────────────────────────────────────────────────────────────────────────────

  const isPost = (event) => event.detail.requestConfig?.elt?.id === "till-form";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isPost(event)) return;
    clearTimeout(resting);
    form().dataset.state = "sending";
    form().querySelector(".till-go").setAttribute("aria-busy", "true");
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // A refusal comes as the till itself, saying why.
    if (isPost(event) && event.detail.serverResponse.includes('id="till-form"')) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPost(event) || !form()) return;
    form().querySelector(".till-go").removeAttribute("aria-busy");
    if (form().dataset.state !== "sending") return;
    if (event.detail.successful) return;
    const status = event.detail.xhr?.status ?? 0;
    if (status >= 400 && status < 500) {
      if (!event.detail.xhr.responseText.includes('id="till-form"')) {
        delete form().dataset.state;
        unsay();
        say("till-out");
      }
    } else {
      lost();
    }
  });

  const settle = () => {
    const said = document.querySelector("#till [data-till-say]");
    const figures = document.querySelector("#till .till-figures");
    byId("till-say").textContent = [said, figures].map((one) => one?.innerText ?? "").join(" ");
    document.querySelector("#till [autofocus]")?.focus();
  };

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!form()) return;
    if (event.detail.target?.id === "till-card") {
      const state = shown();
      // A member's code is good once: from here on the form holds the card that it led to.
      const number = document.querySelector("#till-card [data-look]")?.dataset.number;
      if (number && MEMBER_CODE.test(card().value.trim())) card().value = number;
      if (state === "choose") document.querySelector("[data-pick]").focus();
      else if (state === "refused") {
        amount().value = "";
        take(card());
      } else if (document.activeElement === card() || document.activeElement === document.body) take(amount());
      quote();
    } else if (event.detail.target?.id !== "till-quote" && form().dataset.state === undefined) {
      // A preview may come while somebody types: it moves nobody.
      settle();
    }
  });
})();
