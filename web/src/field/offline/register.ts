/** Has the browser keep the page, so that it opens without a network. Only on a page with TLS, or of this very machine. */

const WORKER = "/field-worker.js";

/** Why not, where it does not, is no trouble of the page's: it works, and opens with a network. */
export function registerWorker(): void {
  // The development server has no such file.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  void navigator.serviceWorker
    .register(WORKER, { scope: "/field" })
    .then(async () => {
      const ready = await navigator.serviceWorker.ready;
      if (navigator.onLine) ready.active?.postMessage("opened");
    })
    .catch(() => undefined);
}
