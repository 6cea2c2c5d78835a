/**
 * Making an order of a purchase, once: its key is born with the first press and kept with what was sent until there is an answer,
 * over however many presses, closed sheets and reloads.
 */
import { shallowRef, type ShallowRef } from "vue";
import { call, newKey } from "@shared/api";
import type { Order, OrderRequest } from "@shared/api-types";
import { asRefusal, type Refusal } from "@shared/refusal";
import { createAsking, isOpen, type Asking } from "../sales/asking";
import { forgetSubmission, keepSubmission, subject, submissionOf, type Purchase, type Submission } from "./submission";

export interface Ordering {
  /** It is being asked; `still`: for so long that one should be told. */
  state: Readonly<ShallowRef<"idle" | "asking" | "still">>;
  /** Sends it, or what was sent of the same purchase before; with a question under way that is asked again at once. */
  order: (person: string, purchase: Purchase, body: OrderRequest) => Promise<void>;
  /** Goes on with what was sent of this purchase and not answered; false: there is none. */
  resume: (person: string, purchase: Purchase) => boolean;
}

export interface OrderingSource {
  /** `sent`: what it was made of, which may have been sent before something else was chosen. */
  made: (order: Order, purchase: Purchase, sent: OrderRequest) => void;
  refused: (refusal: Refusal, purchase: Purchase) => void;
}

export function useOrdering({ made, refused }: OrderingSource): Ordering {
  const state = shallowRef<"idle" | "asking" | "still">("idle");
  let asking: Asking<Order> | null = null;

  async function send(submission: Submission, purchase: Purchase): Promise<void> {
    if (asking) {
      asking.again();
      return;
    }
    const { key, body } = submission;
    state.value = "asking";
    asking = createAsking({
      send: () => call("POST /api/orders", { body, key }),
      onStill: () => (state.value = "still"),
    });
    try {
      const order = await asking.answer;
      forgetSubmission(key);
      made(order, purchase, body);
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      // Whether it was made is not known: the same is sent again with the next press.
      if (!isOpen(refusal)) forgetSubmission(key);
      refused(refusal, purchase);
    } finally {
      asking = null;
      state.value = "idle";
    }
  }

  return {
    state,
    async order(person, purchase, body) {
      const known = submissionOf(person, purchase);
      const submission = known ?? { person, subject: subject(purchase), key: newKey(), body, ts: Date.now() };
      if (!known) keepSubmission(submission);
      await send(submission, purchase);
    },
    resume(person, purchase) {
      const known = submissionOf(person, purchase);
      if (!known || asking) return false;
      void send(known, purchase);
      return true;
    },
  };
}
