/**
 * What this phone knows without the server: who records here, the products, the batches it has seen, and the places. Nothing of it
 * is secret: a session is a cookie, and nothing is sent but under it.
 */
import { shallowRef, watch, type ShallowRef } from "vue";
import type { SessionStore } from "@app/useSession";
import { call } from "@shared/api";
import type { Batch, BatchProduct, PlaceRequest } from "@shared/api-types";
import { mayEnter, type Role } from "@shared/pages/roles";
import { lasting } from "@shared/store";
import { FIELD } from "./roles";

export interface KnownPerson {
  id: string;
  name: string;
  role: Role;
}

export type KnownBatch = Pick<Batch, "id" | "product" | "gtin" | "lot" | "units" | "made_at">;

export interface Known {
  /** Whoever is here, or was when the server was last asked; null: nobody, or they have signed out. */
  person: Readonly<ShallowRef<KnownPerson | null>>;
  products: Readonly<ShallowRef<readonly BatchProduct[]>>;
  batches: Readonly<ShallowRef<readonly KnownBatch[]>>;
  places: Readonly<ShallowRef<readonly PlaceRequest[]>>;
  /** Asks for products and batches anew; what is known stays where there is no answer. */
  refresh: () => Promise<void>;
  usedPlace: (place: PlaceRequest) => void;
  /** They have signed out here. */
  forgetPerson: () => void;
}

const PERSON = "livehub.field.person";
const PRODUCTS = "livehub.field.products";
const BATCHES = "livehub.field.batches";
const PLACES = "livehub.field.places";
const PLACES_MAX = 8;
const BATCHES_MAX = 100;

export function createKnown(session: SessionStore): Known {
  const person = shallowRef(read(PERSON, isPerson));
  const products = shallowRef<readonly BatchProduct[]>(list<BatchProduct>(PRODUCTS));
  const batches = shallowRef<readonly KnownBatch[]>(list<KnownBatch>(BATCHES));
  const places = shallowRef<readonly PlaceRequest[]>(list<PlaceRequest>(PLACES));

  function usedPlace(place: PlaceRequest): void {
    places.value = [place, ...places.value.filter(({ name }) => name !== place.name)].slice(0, PLACES_MAX);
    lasting.setJson(PLACES, places.value);
  }

  async function refresh(): Promise<void> {
    const [gotBatches, gotProducts] = await Promise.all([
      call("GET /api/batches", { query: { limit: BATCHES_MAX } }).catch(() => null),
      call("GET /api/batch-products").catch(() => null),
    ]);
    if (gotBatches) {
      batches.value = gotBatches.items.map(({ id, product, gtin, lot, units, made_at }) => ({
        id,
        product,
        gtin,
        lot,
        units,
        made_at,
      }));
      lasting.setJson(BATCHES, batches.value);
      for (const { place } of gotBatches.items.slice(0, PLACES_MAX).reverse())
        if (!places.value.some(({ name }) => name === place.name))
          usedPlace({ name: place.name, lat: place.lat, lon: place.lon, datum: "wgs84" });
    }
    if (gotProducts) {
      products.value = gotProducts.items;
      lasting.setJson(PRODUCTS, products.value);
    }
  }

  watch(
    () => session.person,
    (now) => {
      // Who is nobody now may have lost their session: what they record is kept for them.
      if (!now || !mayEnter(FIELD, now.role)) return;
      person.value = { id: now.id, name: now.name, role: now.role };
      lasting.setJson(PERSON, person.value);
    },
    { immediate: true },
  );

  return {
    person,
    products,
    batches,
    places,
    refresh,
    usedPlace,
    forgetPerson() {
      person.value = null;
      lasting.remove(PERSON);
    },
  };
}

function read<Value>(key: string, is: (value: unknown) => value is Value): Value | null {
  const value = lasting.getJson(key);
  return is(value) ? value : null;
}

/** We alone write there. */
function list<Value>(key: string): readonly Value[] {
  const value = lasting.getJson(key);
  return Array.isArray(value) ? (value as Value[]) : [];
}

function isPerson(value: unknown): value is KnownPerson {
  const { id, name, role } = (value ?? {}) as Partial<KnownPerson>;
  return typeof id === "string" && typeof name === "string" && !!role && mayEnter(FIELD, role);
}
