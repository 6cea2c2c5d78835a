/** The catalogue with its stock, for choosing what to sell: loaded when asked for, and again after anything changed it. */
import { shallowReadonly, shallowRef, type ShallowRef } from "vue";
import type { ListedProduct } from "@shared/api-types";
import { call } from "@shared/api";
import { asRefusal, type Refusal } from "@shared/refusal";
import { useInLanguage } from "@shared/words";

export interface ProductsList {
  products: Readonly<ShallowRef<readonly ListedProduct[]>>;
  refusal: Readonly<ShallowRef<Refusal | null>>;
  load: () => Promise<void>;
}

export function useProducts(): ProductsList {
  const products = shallowRef<readonly ListedProduct[]>([]);
  const refusal = shallowRef<Refusal | null>(null);
  return {
    products: useInLanguage(products),
    refusal: shallowReadonly(refusal),
    async load() {
      try {
        products.value = (await call("GET /api/products")).products;
        refusal.value = null;
      } catch (thrown) {
        refusal.value = asRefusal(thrown);
      }
    },
  };
}
