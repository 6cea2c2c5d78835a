/**
 * "Verify it yourself" on the page of a journey: a button in the part that waits for it. The page is whole without this.
 */
import type { Asked } from "./checking.worker";
import workerUrl from "./checking.worker?worker&url";
import { readPage } from "./reading";
import type { Line, Remembered, Report } from "./report";
import type { Shown } from "./shown";
import { sentence, type Says } from "./words";

const KEPT = "livehub-log";
const page = document.querySelector<HTMLElement>("main[data-batch]");
const place = document.querySelector<HTMLElement>("#verify");
if (page && place) offer(page, place);

function offer(page: HTMLElement, place: HTMLElement): void {
  const { language } = readPage(page);
  const say = (says: Says, values?: Record<string, string>): string => sentence(language, says, values);
  const button = made("button", say("button"), "check");
  const result = made("div", "", "result");
  button.type = "button";
  result.setAttribute("role", "status");
  place.append(button, result);
  button.addEventListener("click", () => {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    button.textContent = say("busy");
    void checked(readPage(page), remembered()).then((report) => {
      keep(report.remember);
      show(report, page, place, result, say);
      button.ariaBusy = "false";
      button.textContent = say("again");
    });
  });
}

/** In a worker; where there is none, or it does not load, the same module does it here. */
function checked(shown: Shown, kept: Remembered | null): Promise<Report> {
  const asked: Asked = { shown, remembered: kept };
  return new Promise((done) => {
    const here = (): void => {
      const heard = ({ data, source }: MessageEvent<Report | Asked>): void => {
        if (source !== window || !("verdict" in data)) return;
        removeEventListener("message", heard);
        done(data);
      };
      addEventListener("message", heard);
      void import(/* @vite-ignore */ workerUrl).then(() => {
        postMessage(asked, location.origin);
      });
    };
    if (typeof Worker === "undefined") return here();
    const worker = new Worker(workerUrl, { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
      worker.terminate();
      done(data);
    });
    worker.addEventListener("error", () => {
      worker.terminate();
      here();
    });
    worker.postMessage(asked);
  });
}

function show(
  report: Report,
  page: HTMLElement,
  place: HTMLElement,
  result: HTMLElement,
  say: (says: Says, values?: Record<string, string>) => string,
): void {
  const verdict = made("p", say(report.verdict), "verdict");
  const took = made("p", say("took", { ms: String(Math.max(1, Math.round(report.ms))) }), "took");
  const details = made("details", "", "");
  details.open = report.verdict !== "right";
  const list = made("ul", "", "checks");
  // What is wrong comes first, then what is open.
  const rank = ({ state }: Line): number => (state === "wrong" ? 0 : state === "open" ? 1 : 2);
  const lines = [...report.lines].sort((one, other) => rank(one) - rank(other));
  list.append(...lines.map((line) => drawn(line, say)));
  details.append(made("summary", say("details"), ""), list);
  result.replaceChildren(verdict, took, details);
  place.dataset.verdict = report.verdict;
  mark(report.lines, page);
}

function drawn(line: Line, say: (says: Says, values?: Record<string, string>) => string): HTMLElement {
  const item = made("li", "", line.state);
  item.append(made("strong", say(`state_${line.state}`), ""), " ", say(line.says as Says, line.values));
  if (line.values.anchored) item.append(" ", say("on_chain", line.values));
  if (line.values.look_at) {
    const link = made("a", say("look"), "");
    link.href = line.values.look_at;
    item.append(" ", link);
  }
  for (const { fact, shown, said } of line.differences ?? []) {
    const values = { fact: say(`fact_${fact}` as Says), shown: shown || say("nothing"), said: said || say("nothing") };
    item.append(made("p", say("differs", values), ""));
  }
  if (line.reason) item.append(made("small", line.reason, ""));
  return item;
}

/** Beside each step, too, what was found. */
function mark(lines: readonly Line[], page: HTMLElement): void {
  for (const one of page.querySelectorAll<HTMLElement>("[data-leaf][data-part]")) {
    const states = lines.filter(({ leaf }) => String(leaf) === one.dataset.leaf).map(({ state }) => state);
    const state = states.includes("wrong") ? "wrong" : states[0];
    if (state) one.dataset.checked = state;
    else delete one.dataset.checked;
  }
}

function remembered(): Remembered | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null") as Partial<Remembered> | null;
    return typeof kept?.key === "string" && typeof kept.note === "string" && typeof kept.at === "string"
      ? (kept as Remembered)
      : null;
  } catch {
    return null; // nothing may be kept here, or somebody else wrote it
  }
}

function keep(checkpoint: Remembered | null): void {
  try {
    if (checkpoint) localStorage.setItem(KEPT, JSON.stringify(checkpoint));
  } catch {
    // Nothing may be kept here: next time is the first again.
  }
}

function made<T extends keyof HTMLElementTagNameMap>(tag: T, text: string, name: string): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}
