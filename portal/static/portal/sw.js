// The member's portal without a network: her cards as they were last seen, with the moment they were seen.
// What is kept is one page, of whoever is logged in now. It goes the moment nobody is: at the door, at any log-in, at
// log-out, and when the server sends her to the door. After a week it is not shown any more.
"use strict";

const SHELL = "kayun-shell-1";
const LAST = "kayun-last-1";
const OFFLINE = "/offline/";
const HOME = "/card/";
const KEPT_AT = "X-Kept-At";
const LONGEST_MS = 7 * 24 * 3600 * 1000;

// Everything the offline page needs, named by the server: in production these names change with what is in them.
const PARTS = new URL(self.location.href).searchParams.getAll("part");

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll([OFFLINE, ...PARTS].map((url) => new Request(url, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== SHELL && name !== LAST).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

const forget = () => caches.delete(LAST);

const keep = async (response) => {
  const headers = new Headers({ "Content-Type": response.headers.get("Content-Type"), [KEPT_AT]: new Date().toISOString() });
  const policy = response.headers.get("Content-Security-Policy");
  if (policy) headers.set("Content-Security-Policy", policy);
  const cache = await caches.open(LAST);
  await cache.put(HOME, new Response(await response.blob(), { headers }));
};

const lastSeen = async () => {
  const kept = await caches.match(HOME, { cacheName: LAST });
  const at = kept?.headers.get(KEPT_AT);
  if (!kept || Date.now() - Date.parse(at) > LONGEST_MS) {
    await forget();
    return caches.match(OFFLINE, { cacheName: SHELL });
  }
  // The page itself says when it was seen (member.js).
  const text = (await kept.text()).replace("<html ", `<html data-kept-at="${at}" `);
  return new Response(text, { headers: kept.headers });
};

const page = async (request, path) => {
  // Whoever logs in, leaves or chooses another PIN may be somebody else.
  if (request.method !== "GET") await forget();
  let response;
  try {
    response = await fetch(request);
  } catch {
    // A form that did not get away is sent once more when the page is asked for again.
    return request.method === "GET" && path.startsWith(HOME) ? lastSeen() : caches.match(OFFLINE, { cacheName: SHELL });
  }
  if (response.type === "opaqueredirect" || path === "/") {
    // Sent on, or at the door: nobody is logged in.
    if (path.startsWith(HOME) || path === "/") await forget();
  } else if (path === HOME && response.ok && request.method === "GET") {
    await keep(response.clone());
  }
  return response;
};

// Applicants: nothing of them is kept, and nothing of a member's is forgotten for them.
const stranger = async (request) => fetch(request).catch(() => caches.match(OFFLINE, { cacheName: SHELL }));

const part = async (request) => {
  try {
    return await fetch(request);
  } catch (failure) {
    const kept = await caches.match(request, { cacheName: SHELL, ignoreVary: true });
    if (!kept) throw failure;
    return kept;
  }
};

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) return;
  const hers = url.pathname === "/" || url.pathname.startsWith(HOME) || url.pathname.startsWith("/pin/") || url.pathname.startsWith("/passkey/") || url.pathname === "/logout/";
  if (event.request.mode === "navigate" && hers) event.respondWith(page(event.request, url.pathname));
  else if (event.request.mode === "navigate" && url.pathname.startsWith("/apply/")) event.respondWith(stranger(event.request));
  else if (event.request.method === "GET" && url.pathname.startsWith("/static/")) event.respondWith(part(event.request));
});
