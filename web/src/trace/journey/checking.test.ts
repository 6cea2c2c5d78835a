import { describe, expect, it } from "vitest";
import { Away, check, type Ask, type Remembered, type Report } from "./checking";
import made from "./checking.json";
import type { Shown } from "./shown";

/** What a server of ours said of a batch with steps, certificates and a breach, and what its page showed. */
const SHOWN = made.shown as Shown;
const ANSWERS: Partial<Record<string, string>> = made.answers;
const [KEY, CHECKPOINT, ANCHOR, PROOFS] = Object.keys(made.answers) as [string, string, string, string];
const NOW = "2026-12-01T08:00:00.000Z";

const asked =
  (changed: Partial<Record<string, string>> = {}): Ask =>
  (path) => {
    const answer = changed[path] ?? ANSWERS[path];
    return answer === undefined ? Promise.reject(new Away(path)) : Promise.resolve(answer);
  };

function checked(shown: Shown = SHOWN, ask: Ask = asked(), kept: Remembered | null = null): Promise<Report> {
  return check(
    shown,
    kept,
    ask,
    () => NOW,
    () => Promise.resolve(),
  );
}

const copy = (): Shown => structuredClone(SHOWN);
const flipped = (text: string, at: number): string =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);

describe("what is right", () => {
  it("is right, and says of each line what it is", async () => {
    const report = await checked();
    expect(report.lines.filter(({ state }) => state !== "told").map(({ state, says }) => [state, says])).toEqual([
      ["right", "signature"],
      ["right", "anchored"],
      ["right", "head"],
      ...SHOWN.events.map(() => ["right", "event"]),
      ...SHOWN.breaches.map(() => ["right", "event"]),
      ["right", "certificates"],
    ]);
    expect(report.lines.filter(({ state }) => state === "told").map(({ says }) => says)).toEqual([
      "first",
      "development",
      "key",
      "rest",
    ]);
    expect(report.verdict).toBe("right");
    expect(report.remember).toEqual({ key: ANSWERS[KEY]?.trim(), note: ANSWERS[CHECKPOINT], at: NOW });
  });

  it("goes on from what was remembered", async () => {
    const { remember } = await checked();
    const report = await checked(SHOWN, asked(), remember);
    expect(report.lines.map(({ says }) => says)).toContain("remembered");
    expect(report.verdict).toBe("right");
  });
});

describe("one character that was changed", () => {
  // Of the anchor's answer all that is not checked is only told: what it is called, its block and its depth.
  it.each([KEY, CHECKPOINT, PROOFS])(
    "of %s turns it red, whichever it is",
    async (path) => {
      const text = (ANSWERS[path] ?? "").trimEnd();
      for (let at = 0; at < text.length; at += path === PROOFS ? 5 : 1) {
        const report = await checked(
          SHOWN,
          asked({ [path]: flipped(text, at) + (ANSWERS[path] ?? "").slice(text.length) }),
        );
        expect(report.verdict, `character ${at}: ${text.slice(at - 20, at + 20)}`).toBe("wrong");
        expect(report.remember).toBeNull();
      }
    },
    60_000,
  );

  it("of the anchored note, its calldata, transaction or size turns it red", async () => {
    const { note, payload, checkpoint } = JSON.parse(ANSWERS[ANCHOR] ?? "") as {
      note: string;
      payload: string;
      checkpoint: { tx: string };
    };
    for (const told of [JSON.stringify(note).slice(1, -1), payload, `${checkpoint.tx}"`]) {
      const from = (ANSWERS[ANCHOR] ?? "").indexOf(told);
      for (let at = from; at < from + told.length; at++) {
        const changed = flipped(ANSWERS[ANCHOR] ?? "", at);
        expect((await checked(SHOWN, asked({ [ANCHOR]: changed }))).verdict, changed.slice(at - 9, at + 9)).toBe(
          "wrong",
        );
      }
    }
  }, 60_000);

  it("of any fact on the page turns it red", async () => {
    const facts = (shown: Shown) => [
      shown.head,
      ...shown.events.map((one) => one.facts),
      ...shown.breaches.map((one) => one.facts),
      ...shown.certificates,
    ];
    for (const [place, found] of facts(copy()).entries()) {
      for (const [name, text] of Object.entries(found)) {
        for (let at = 0; at < (text?.length ?? 0); at++) {
          const shown = copy();
          (facts(shown)[place] ?? {})[name] = flipped(text ?? "", at);
          expect((await checked(shown)).verdict, `${name}: ${flipped(text ?? "", at)}`).toBe("wrong");
        }
        const shown = copy();
        Reflect.deleteProperty(facts(shown)[place] ?? {}, name);
        expect((await checked(shown)).verdict, `without ${name}`).toBe("wrong");
      }
    }
  });

  it("of the identity or the times on the chain turns it red, and so does another label", async () => {
    for (const name of ["id", "logged", "anchored"] as const) {
      const shown = copy();
      if (shown.chain) shown.chain[name] = flipped(shown.chain[name], 3);
      expect((await checked(shown)).verdict, name).toBe("wrong");
    }
    const shown = copy();
    if (shown.chain) shown.chain.isDevelopment = false;
    expect((await checked(shown)).verdict).toBe("wrong");
  });
});

describe("a log with another past", () => {
  it("is red where it has another key, and where it is shorter", async () => {
    const other = "log.example+5d8e2a4d+AQ==";
    const kept = { key: ANSWERS[KEY]?.trim() ?? "", note: ANSWERS[CHECKPOINT] ?? "", at: NOW };
    const rekeyed = await checked(SHOWN, asked({ [KEY]: other }), kept);
    expect(rekeyed.verdict).toBe("wrong");
    const { note } = JSON.parse(ANSWERS[ANCHOR] ?? "") as { note: string };
    const shorter = await checked(SHOWN, asked({ [CHECKPOINT]: note }), kept);
    expect(shorter.lines.filter(({ state }) => state === "wrong").map(({ says }) => says)).toContain("shorter");
    expect([shorter.verdict, shorter.remember]).toEqual(["wrong", null]);
  });

  it("is seen for the first time where somebody wrote nonsense into what is remembered", async () => {
    const report = await checked(SHOWN, asked(), { key: "x", note: "y", at: NOW });
    expect([report.verdict, report.lines.some(({ says }) => says === "first")]).toEqual(["right", true]);
  });
});

describe("what cannot be checked", () => {
  it.each([KEY, CHECKPOINT, ANCHOR, PROOFS])("is open when %s is not answered", async (path) => {
    const ask: Ask = (asked_) => (asked_ === path ? Promise.reject(new Away(path)) : asked()(asked_));
    const report = await checked(SHOWN, ask);
    expect(report.verdict).toBe("open");
  });

  it("is open for a page whose entries are not in the log yet", async () => {
    const size = ANSWERS[CHECKPOINT]?.split("\n")[1];
    const none = `{"size":${size},"entries":[],"since":[]}`;
    const ask: Ask = (path) => (path.startsWith("/log/proofs") ? Promise.resolve(none) : asked()(path));
    const events = copy().events.map(({ facts }) => ({ leaf: null, facts: { ...facts, leaf: undefined } }));
    const shown: Shown = { ...copy(), leaf: null, events, breaches: [], certificates: [], chain: null };
    const report = await checked(shown, ask);
    expect([report.verdict, report.lines.some(({ says }) => says === "waiting")]).toEqual(["open", true]);
  });
});
