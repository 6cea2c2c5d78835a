/** WeChat Pay's own sheet, inside WeChat's browser. Its answer says no more than that the sheet is gone: what counts is asked of us. */
const BRIDGE_MS = 5_000;

interface PayBridge {
  invoke: (name: string, options: object, done: (answer: { err_msg?: string }) => void) => void;
}

/** False: there is no such sheet here. Resolves when the buyer has done with it. */
export async function payInWeChat(params: Readonly<Record<string, string>>): Promise<boolean> {
  const bridge = await bridgeHere();
  if (!bridge) return false;
  await new Promise<void>((resolve) => bridge.invoke("getBrandWCPayRequest", params, () => resolve()));
  return true;
}

function bridgeHere(): Promise<PayBridge | null> {
  const here = (): PayBridge | null => (window.WeixinJSBridge as PayBridge | undefined) ?? null;
  return new Promise((resolve) => {
    if (here()) {
      resolve(here());
      return;
    }
    const ready = (): void => {
      clearTimeout(late);
      document.removeEventListener("WeixinJSBridgeReady", ready);
      resolve(here());
    };
    const late = setTimeout(ready, BRIDGE_MS);
    document.addEventListener("WeixinJSBridgeReady", ready);
  });
}
