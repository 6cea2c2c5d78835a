/**
 * Records and their photos in IndexedDB, which outlives the page, the network and the battery. Photos lie apart, so that the list
 * is read without them, and as bytes, which every browser keeps (Safari had trouble with Blobs).
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { AlreadySent, RECORDS_MAX, type Change, type FieldRecord } from "./records";

interface Photo {
  id: string;
  bytes: ArrayBuffer;
  type: string;
}

interface Schema extends DBSchema {
  records: { key: string; value: FieldRecord };
  photos: { key: string; value: Photo };
}

const NAME = "livehub.field";
const VERSION = 1;

/** Why something cannot be kept on this phone: keys of `field.storage.*`. */
export type StorageFault = "full" | "blocked" | "tooMany";

export class StorageError extends Error {
  constructor(readonly fault: StorageFault) {
    super(fault);
  }
}

export interface RecordStore {
  all: () => Promise<FieldRecord[]>;
  /** Keeps it, or nothing of it. Throws StorageError. The order is given here. */
  add: (record: Omit<FieldRecord, "order">, photo: Blob | null) => Promise<FieldRecord>;
  /**
   * Decides by what is there, and writes that, in one transaction; what it was. Throws StorageError, or AlreadySent if `decide` does:
   * then nothing is written.
   */
  change: (decide: (now: readonly FieldRecord[]) => Change) => Promise<Change>;
  photo: (id: string) => Promise<Blob | null>;
}

export function createRecordStore(): RecordStore {
  let opening: Promise<IDBPDatabase<Schema>> | null = null;

  async function database(): Promise<IDBPDatabase<Schema>> {
    opening ??= openDB<Schema>(NAME, VERSION, {
      upgrade(db) {
        db.createObjectStore("records", { keyPath: "id" });
        db.createObjectStore("photos", { keyPath: "id" });
      },
      blocking: (_now, _next, event) => (event.target as IDBDatabase).close(),
      terminated: () => (opening = null),
    });
    try {
      return await opening;
    } catch (thrown) {
      opening = null;
      throw thrown;
    }
  }

  async function tried<Result>(work: (db: IDBPDatabase<Schema>) => Promise<Result>): Promise<Result> {
    try {
      return await work(await database());
    } catch (thrown) {
      if (thrown instanceof StorageError || thrown instanceof AlreadySent) throw thrown;
      throw new StorageError(isFull(thrown) ? "full" : "blocked");
    }
  }

  return {
    all: () => tried((db) => db.getAll("records")),
    add: (record, photo) =>
      tried(async (db) => {
        const bytes = photo && (await photo.arrayBuffer());
        const tx = db.transaction(["records", "photos"], "readwrite");
        try {
          const known = await tx.objectStore("records").getAll();
          if (known.length >= RECORDS_MAX) throw new StorageError("tooMany");
          const order = known.reduce((most, one) => Math.max(most, one.order), 0) + 1;
          const kept: FieldRecord = { ...record, order };
          await tx.objectStore("records").add(kept);
          if (photo && bytes) await tx.objectStore("photos").add({ id: record.id, bytes, type: photo.type });
          await tx.done;
          return kept;
        } catch (thrown) {
          abandoned(tx);
          throw thrown;
        }
      }),
    change: (decide) =>
      tried(async (db) => {
        const tx = db.transaction(["records", "photos"], "readwrite");
        try {
          const change = decide(await tx.objectStore("records").getAll());
          const { put, remove, dropPhotos } = change;
          for (const one of put) await tx.objectStore("records").put(one);
          for (const id of remove) await tx.objectStore("records").delete(id);
          for (const id of [...remove, ...dropPhotos]) await tx.objectStore("photos").delete(id);
          await tx.done;
          return change;
        } catch (thrown) {
          abandoned(tx);
          throw thrown;
        }
      }),
    photo: (id) =>
      tried(async (db) => {
        const found = await db.get("photos", id);
        return found ? new Blob([found.bytes], { type: found.type }) : null;
      }),
  };
}

/** What went wrong in it has been thrown already. */
function abandoned(tx: { abort: () => void; done: Promise<unknown> }): void {
  tx.done.catch(() => undefined);
  try {
    tx.abort();
  } catch {
    // It has ended by itself.
  }
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === "QuotaExceededError";
}
