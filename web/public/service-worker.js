// Keeps the page for when there is no network. It works in whatever folder it lies, and leaves
// other folders and origins alone.
//
// precache.json lists every file of the page with a hash of its content. All of them are kept when
// the worker is installed, and looked through again when the page sends {type: "refresh"}. The GPU
// engine and all runs but the first are not in the list: they are large, and kept once they have
// been loaded. Where the line is to be spared, so are the other engines, the digits and the first
// run's file: eight megabytes that nobody has asked for.

const SCOPE = self.registration.scope;
const NAME = `spindle ${SCOPE}`;
const LIST = "precache.json";
// Addresses that carry a hash of their content, so that what they give never changes.
const HASHED = /^(assets|data)\/|^engines\/[a-z]+-[0-9a-f]{8}\//;

// What is kept on a spared line only once it was used.
const LARGE = /^(engines|data)\/|\.spindle$/;

// Whether the reader asks to save data, or pays for it. Phones whose browser does not tell their
// line are taken to be on such a one.
function isSpared() {
  const { connection, userAgent } = navigator;
  if (!connection) return /Mobi/.test(userAgent);
  return connection.saveData || connection.type === "cellular" || /2g$/.test(connection.effectiveType ?? "");
}

self.addEventListener("install", (event) => {
  // It holds nothing that an open page could be in the middle of, so there is nothing to wait for.
  event.waitUntil(refresh().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("message", (event) => {
  if (event.data?.type !== "refresh") return;
  const answer = (type) => event.source?.postMessage({ type });
  // Without a network what is kept stays as it is.
  event.waitUntil(
    refresh().then(
      () => answer("refreshed"),
      () => answer("not-refreshed"),
    ),
  );
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method !== "GET" || !url.startsWith(SCOPE)) return;
  event.respondWith(HASHED.test(relative(url)) ? cacheFirst(event) : networkFirst(event));
});

// Adds what is new in the list, and deletes what is gone. The list is kept last: broken off, it
// starts again where it was.
async function refresh() {
  const cache = await caches.open(NAME);
  const answer = await fetched(LIST, "no-store");
  const list = await answer.clone().json();
  const before = await known(cache);
  for (const { url, hash } of list) {
    const kept = await cache.match(absolute(url));
    const there = before.get(url) === hash && kept;
    // What was kept before is renewed: it was used here.
    const isWanted = kept || !(isSpared() && LARGE.test(url));
    if (!there && isWanted)
      await cache.put(absolute(url), await fetched(url, HASHED.test(url) ? "default" : "no-cache"));
  }
  await cache.put(absolute(LIST), answer);
  // What was listed before stays until the next time: a tab that was opened then may still load its
  // engines from it.
  const wanted = new Set([
    LIST,
    ...list.map(({ url }) => url),
    ...before.keys(),
    ...(await gpuEngine(cache)),
    ...(await otherRuns(cache)),
  ]);
  for (const { url } of await cache.keys()) {
    if (!wanted.has(relative(url))) await cache.delete(url);
  }
}

// Hashes of what is kept, by address.
async function known(cache) {
  const list = await cache.match(absolute(LIST));
  return new Map(list ? (await list.json()).map(({ url, hash }) => [url, hash]) : []);
}

// Addresses of the present GPU engine.
async function gpuEngine(cache) {
  const manifest = await cache.match(absolute("engines.json"));
  const { gpu } = manifest ? await manifest.json() : {};
  return gpu ? [gpu.script, gpu.wasm] : [];
}

// Addresses of the runs that there are: those that were opened stay.
async function otherRuns(cache) {
  const index = await cache.match(absolute("runs/index.json"));
  const runs = index ? await index.json() : [];
  return runs.flatMap(({ file, view }) => [file, view]);
}

async function cacheFirst(event) {
  const cache = await caches.open(NAME);
  const kept = await cache.match(key(event.request.url));
  return kept ?? keep(event, cache, await fetch(event.request));
}

async function networkFirst(event) {
  const cache = await caches.open(NAME);
  try {
    return keep(event, cache, await fetch(event.request));
  } catch (error) {
    const kept = await cache.match(key(event.request.url));
    if (kept) return kept;
    throw error;
  }
}

// Keeps what the network gave beside handing it on. Errors, parts of files and redirected answers
// are not kept: browsers refuse the last for a page.
function keep(event, cache, response) {
  if (response.status === 200 && !response.redirected && response.type === "basic") {
    const copy = response.clone();
    // A full disk is no reason to fail.
    event.waitUntil(cache.put(key(event.request.url), copy).catch(() => undefined));
  }
  return response;
}

// A file from the network, or an error. A server may redirect index.html to its folder: what it
// gives is kept as if it had not.
async function fetched(url, cache) {
  const response = await fetch(absolute(url), { cache });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response.redirected ? new Response(response.body, { headers: response.headers }) : response;
}

// Under what a file is kept: its address without a query; the folder itself means its index.
function key(url) {
  const { origin, pathname } = new URL(url);
  return origin + (pathname.endsWith("/") ? `${pathname}index.html` : pathname);
}

function absolute(url) {
  return new URL(url, SCOPE).href;
}

function relative(url) {
  return key(url).slice(SCOPE.length);
}
