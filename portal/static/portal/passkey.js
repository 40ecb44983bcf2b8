// Passkeys: making one, and logging in with one. Without this file, or in a browser that has none, the card's number and
// its PIN are the way in as ever.
(() => {
  "use strict";

  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const answered = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  };

  const asked = (options) => {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const one of options.excludeCredentials ?? []) one.id = bytes(one.id);
    return { publicKey: options };
  };

  // What is asked for stands on the page, or is fetched when it is wanted: it is good for minutes.
  const options = async (form) => {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const token = form.elements.csrfmiddlewaretoken.value;
    const answer = await fetch(form.dataset.optionsUrl, { method: "POST", headers: { "X-CSRFToken": token }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  document.querySelector("[data-passkey-none]")?.remove();
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("button");
    const failed = form.querySelector("[data-passkey-failed]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.hidden = true;
      button.disabled = true;
      try {
        const wanted = asked(await options(form));
        const way = form.dataset.passkey === "make" ? "create" : "get";
        form.elements.answer.value = answered(await navigator.credentials[way](wanted));
        form.submit();
      } catch {
        // Cancelled, timed out, or nothing there to sign with: which, browsers do not tell.
        failed.hidden = false;
        button.disabled = false;
      }
    });
  }
})();
