/**
 * Keeps the page and the recogniser's own files, so that both are there without a network, from the second visit on. With one,
 * every file comes from the server as ever: what is kept here is never older than what was seen last. Bundles are the
 * recogniser's, which keeps them itself; requests to the server's API pass by.
 */

/** What the DOM's types lack: they are those of pages. */
interface LifeEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface RequestEvent extends LifeEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
declare const clients: { claim(): Promise<void> };
declare function skipWaiting(): Promise<void>;

const KEPT = "deepspeech-ts page";
const OWN_FILES = /^(index\.html|assets\/.+|recognizer\/.+)?$/;
const scope = new URL("./", location.href);

addEventListener("install", (event) => (event as LifeEvent).waitUntil(Promise.all([keepFirst(), skipWaiting()])));
addEventListener("activate", (event) => (event as LifeEvent).waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event as RequestEvent;
  if (isOwn(request)) (event as RequestEvent).respondWith(answer(event as RequestEvent));
});

function isOwn({ url, method, headers }: Request): boolean {
  const { origin, pathname } = new URL(url);
  if (origin !== scope.origin || !pathname.startsWith(scope.pathname)) return false;
  return (
    ["GET", "HEAD"].includes(method) && !headers.has("range") && OWN_FILES.test(pathname.slice(scope.pathname.length))
  );
}

/** What the first visit fetched before this worker saw any request. */
async function keepFirst(): Promise<void> {
  await keepPage(await fetch(scope));
}

/** A page goes with the assets that it names: they are kept before it, and those of an older page are deleted after it. */
async function keepPage(page: Response): Promise<void> {
  const text = await page.clone().text();
  const named = [...text.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, file]) => new URL(file!, scope).href);
  const kept = await caches.open(KEPT);
  if ((await (await kept.match(scope.href))?.text()) === text) return;
  const urls = (await kept.keys()).map(({ url }) => url);
  await kept.addAll(named.filter((url) => !urls.includes(url)));
  await kept.put(scope.href, page);
  const isOld = (url: string) => url.startsWith(new URL("assets/", scope).href) && !named.includes(url);
  await Promise.all(urls.filter(isOld).map((url) => kept.delete(url)));
}

/** What a file is kept under: no query makes another of it. */
function keyOf(request: Request): string {
  const { origin, pathname } = new URL(request.url);
  return new URL(pathname.replace(/index\.html$/, ""), origin).href;
}

async function answer(event: RequestEvent): Promise<Response> {
  const { request } = event;
  try {
    const response = await fetch(request);
    if (request.method === "GET" && response.ok) event.waitUntil(keep(keyOf(request), response.clone()));
    return response;
  } catch (error) {
    const known = await (await caches.open(KEPT)).match(keyOf(request), { ignoreVary: true });
    if (!known) throw error;
    return request.method === "HEAD" ? new Response(null, known) : known;
  }
}

/** Where the browser has no room, the page works all the same as long as there is a network. */
async function keep(url: string, response: Response): Promise<void> {
  const kept = await caches.open(KEPT);
  const tag = (await kept.match(url))?.headers.get("etag");
  // Megabytes that are the same are not written again at every visit.
  if (tag && tag === response.headers.get("etag")) await response.body?.cancel();
  else await (url === scope.href ? keepPage(response) : kept.put(url, response)).catch(() => {});
}
