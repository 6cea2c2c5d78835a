/**
 * WeChat shows pages in a browser of its own, and in the web-view of a mini-program: neither saves a file or has a system's share
 * sheet, and some refuse to begin a video without a tap, except from within a call of their bridge.
 */

/** What the page runs in, as it says itself. */
export interface Surroundings {
  userAgent: string;
  /** Set by mini-programs, maybe after the page began. */
  environment: string | undefined;
}

interface Bridge {
  invoke: (name: string, options: object, done: () => void) => void;
}

declare global {
  interface Window {
    WeixinJSBridge?: Bridge;
    __wxjs_environment?: string;
  }
}

const here = (): Surroundings => ({ userAgent: navigator.userAgent, environment: window.__wxjs_environment });

/** Which of the two; null elsewhere. */
export function weChat({ userAgent, environment }: Surroundings = here()): "browser" | "mini-program" | null {
  if (!/\bMicroMessenger\//i.test(userAgent)) return null;
  return environment === "miniprogram" || /\bminiProgram\b/i.test(userAgent) ? "mini-program" : "browser";
}

/** Runs `begin` where WeChat lets a video begin without a tap, once its bridge is there; nowhere else. The answer calls it off. */
export function atBridge(begin: () => void): () => void {
  if (!weChat()) return () => undefined;
  let off = false;
  const run = (): void => window.WeixinJSBridge?.invoke("getNetworkType", {}, () => void (off || begin()));
  if (window.WeixinJSBridge) run();
  else document.addEventListener("WeixinJSBridgeReady", run, { once: true });
  return () => {
    off = true;
    document.removeEventListener("WeixinJSBridgeReady", run);
  };
}
