import { describe, expect, it } from "vitest";
import { Away, check, type Ask } from "./checking";
import made from "./checking.json";
import { Comparing } from "./comparing";
import type { Remembered, Report } from "./report";
import { clockOf, type Entry, type Shown } from "./shown";

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

/** Of a batch that no published checkpoint has. */
const PENDING: Shown = {
  ...SHOWN,
  leaf: null,
  chain: null,
  badges: ["Being written into the public log", "Not anchored on a blockchain yet"],
};
const emptyHanded: Ask = (path) => {
  const size = ANSWERS[CHECKPOINT]?.split("\n")[1] ?? "";
  return path.startsWith("/log/proofs") ? Promise.resolve(`{"size":${size},"entries":[],"since":[]}`) : asked()(path);
};

/** The proofs without those of an entry. */
function without(leaf: number): string {
  const proofs = JSON.parse(ANSWERS[PROOFS] ?? "") as { entries: { leaf: number }[] };
  return JSON.stringify({ ...proofs, entries: proofs.entries.filter((one) => one.leaf !== leaf) });
}

/** State and count of the lines that say something. */
const said = (report: Report, says: string): [string, string | undefined][] =>
  report.lines.filter((line) => line.says === says).map(({ state, values }) => [state, values.count]);
const outcome = (report: Report, says: string) => [report.verdict, said(report, says)];

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
  }, 60_000);

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

  it.each([
    ["2026-12-01 16:00", "told", "waiting"], // NOW, in the shop's time
    ["2026-12-01 15:59", "told", "waiting"],
    ["2026-12-01 15:58", "open", "unlogged"],
    ["2026-12-01 16:01", "open", "unlogged"],
  ])("is open for a page none of whose entries is in the log, whose times are %s: %s", async (at, state, says) => {
    const events = copy().events.map(({ facts }) => ({ leaf: null, facts: { ...facts, at, leaf: undefined } }));
    const shown: Shown = { ...PENDING, head: { ...PENDING.head, made: at }, events, breaches: [], certificates: [] };
    const report = await checked(shown, emptyHanded);
    expect(report.verdict).toBe("open");
    expect(said(report, says)).toEqual([[state, String(events.length)]]);
    expect(said(report, state === "told" ? "head_waiting" : "head_open")).toHaveLength(1);
  });

  it("is open where a step of long ago or a breach has no entry, but not where it is of just now", async () => {
    const step = (at: string) => ({ leaf: null, facts: { kind: "Stored", at } });
    const old = { ...copy(), events: [...SHOWN.events, step("2026-12-01 03:00")] };
    expect(outcome(await checked(old), "unlogged")).toEqual(["open", [["open", "1"]]]);
    const now = { ...copy(), events: [...SHOWN.events, step("2026-12-01 16:00")] };
    expect(outcome(await checked(now), "waiting")).toEqual(["right", [["told", "1"]]]);
    const [breach] = SHOWN.breaches;
    const altered = { leaf: null, facts: { ...breach?.facts, celsius: "8.5", leaf: undefined } };
    const shown = { ...copy(), breaches: [altered] };
    const path = PROOFS.replace(",14&", "&");
    const report = await checked(shown, asked({ [path]: without(14) }));
    expect(outcome(report, "unlogged")).toEqual(["open", [["open", "1"]]]);
  });

  it("is open where an entry is beyond the tree, and stays so when the tree is asked for again", async () => {
    const step = { leaf: 89, facts: { kind: "Stored", at: "2026-12-01 03:00", leaf: "89" } };
    let checkpoints = 0;
    const ask: Ask = (path) => {
      if (path === CHECKPOINT) checkpoints += 1;
      return asked()(path);
    };
    const report = await checked({ ...copy(), events: [...SHOWN.events, step] }, ask);
    expect(outcome(report, "beyond")).toEqual(["open", [["open", "1"]]]);
    expect(checkpoints).toBe(3);
  });

  it("is open where more is shown than is asked for", async () => {
    const many = Array.from({ length: 501 }, (_, leaf) => ({ leaf, facts: { kind: "Stored" } }));
    const shown: Shown = { ...PENDING, events: many, breaches: [], certificates: [] };
    const lines: [string, string, string | undefined][] = [];
    const more = { entries: new Map<number, Entry>(), asked: new Set(many.slice(0, 500).map((one) => one.leaf)) };
    const told = { ...more, size: 1_000n, anchored: null, now: NOW };
    new Comparing(shown, clockOf(shown.zone), told, (state, says, values) => {
      lines.push([state, says, values?.count]);
    }).run();
    expect(lines).toContainEqual(["open", "unasked", "1"]);
  });

  it("is open, by a line of their own, where certificates may be in an entry that is not there", async () => {
    const other = { leaf: null, facts: { kind: "Harvested", at: "2026-11-30 21:19", lot: "20261129B" } };
    const strange = [...SHOWN.certificates, { kind: "Organic", number: "CN-2" }];
    const report = await checked({ ...copy(), events: [...SHOWN.events, other], certificates: strange });
    expect(report.verdict).toBe("open");
    expect(said(report, "certificates")).toEqual([["right", "2"]]);
    expect(said(report, "certificates_open")).toEqual([["open", "1"]]);
  });

  it("is red by a certificate although a step has no entry yet", async () => {
    const step = { leaf: null, facts: { kind: "Stored", at: "2026-12-01 16:00" } };
    const strange = [{ kind: "Organic", number: "CN-2" }];
    const report = await checked({ ...copy(), events: [...SHOWN.events, step], certificates: strange });
    expect(outcome(report, "certificate_wrong")).toEqual(["wrong", [["wrong", undefined]]]);
  });
});

describe("marks that are gone", () => {
  it("turn it red where a breach has a number and no entry", async () => {
    const breaches = SHOWN.breaches.map(({ facts }) => ({ leaf: null, facts }));
    const report = await checked({ ...copy(), breaches }, asked({ [PROOFS.replace(",14&", "&")]: without(14) }));
    expect(outcome(report, "event_differs")).toEqual(["wrong", [["wrong", undefined]]]);
  });

  it("turn it red where the batch's entry is among those of its steps", async () => {
    const path = PROOFS.replace("&since=2", "&since=");
    const proofs = (ANSWERS[PROOFS] ?? "").replace(/"since":\[.*\]/, '"since":[]');
    const report = await checked(
      { ...copy(), leaf: null, chain: null, badges: PENDING.badges },
      asked({ [path]: proofs }),
    );
    expect(outcome(report, "head_differs")).toEqual(["wrong", [["wrong", undefined]]]);
  });

  it("turn it red where something is shown of a chain", async () => {
    const chain = SHOWN.chain && { ...SHOWN.chain, anchoring: "" };
    expect((await checked({ ...copy(), chain })).verdict).toBe("wrong");
    const path = PROOFS.replace("&since=2", "&since=");
    const proofs = (ANSWERS[PROOFS] ?? "").replace(/"since":\[.*\]/, '"since":[]');
    const report = await checked({ ...copy(), chain: null }, asked({ [path]: proofs }));
    expect(outcome(report, "anchor")).toEqual(["wrong", [["wrong", undefined]]]);
    const logged = { ...copy(), chain: null, badges: ["In the public log", "Not anchored on a blockchain yet"] };
    expect((await checked(logged, asked({ [path]: proofs }))).verdict).toBe("right");
  });
});

describe("what is kept", () => {
  it("stays where the proof that the log goes on from it is refused, so that a fork is red the next time", async () => {
    const { note } = JSON.parse(ANSWERS[ANCHOR] ?? "") as { note: string };
    const kept = { key: ANSWERS[KEY]?.trim() ?? "", note, at: NOW };
    const refused: Ask = (path) => (path.startsWith("/log/proofs") ? Promise.reject(new Away(path)) : asked()(path));
    const report = await checked(SHOWN, refused, kept);
    expect([report.verdict, report.remember]).toEqual(["open", null]);
    const proofs = ANSWERS[PROOFS] ?? "";
    const forked = asked({ [PROOFS]: flipped(proofs, proofs.lastIndexOf("=") - 3) });
    expect(outcome(await checked(SHOWN, forked, kept), "not_remembered")).toEqual(["wrong", [["wrong", undefined]]]);
    const later = await checked(SHOWN, asked(), kept);
    expect([later.verdict, later.remember?.note]).toEqual(["right", ANSWERS[CHECKPOINT]]);
  });

  it("begins with the first tree although nothing is proven yet", async () => {
    const refused: Ask = (path) => (path.startsWith("/log/proofs") ? Promise.reject(new Away(path)) : asked()(path));
    expect((await checked(SHOWN, refused)).remember?.note).toBe(ANSWERS[CHECKPOINT]);
  });
});

describe("entries of another batch", () => {
  const found = new Map(
    (JSON.parse(ANSWERS[PROOFS] ?? "") as { entries: { leaf: number; entry: string }[] }).entries.map((one) => [
      one.leaf,
      JSON.parse(one.entry) as Entry,
    ]),
  );
  const compared = (shown: Shown): [string, string][] => {
    const lines: [string, string][] = [];
    const more = { entries: found, asked: new Set(found.keys()), size: 89n, anchored: null, now: NOW };
    new Comparing(shown, clockOf(shown.zone), more, (state, says) => {
      lines.push([state, says]);
    }).run();
    return lines;
  };

  it("are only told: that it came of that batch no entry says", () => {
    const events = SHOWN.events.slice(1).map(({ leaf, facts }) => ({ leaf, facts: { ...facts, lot: "20261130A" } }));
    const shown = { ...copy(), batch: "another", leaf: null, events };
    const lines = compared(shown);
    expect(lines.filter(([, says]) => says === "event_kin")).toHaveLength(events.length + SHOWN.breaches.length - 1);
    expect(lines).toContainEqual(["told", "certificates_kin"]);
    expect(lines.filter(([state]) => state === "right")).toEqual([]);
  });

  it("are red where the page does not say so", () => {
    const lines = compared({ ...copy(), batch: "another" });
    expect(lines.filter(([, says]) => says === "event_differs")).toHaveLength(SHOWN.events.length);
  });
});
