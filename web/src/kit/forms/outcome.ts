/** How a request came out. */
import { asRefusal, type Refusal } from "@shared/refusal";

/** `refusal` is null where nothing was sent, since the same is under way. */
export type Outcome<Reply> = { ok: true; reply: Reply } | { ok: false; refusal: Refusal | null };

/** That of a call that throws its refusal. */
export async function outcomeOf<Reply>(asked: Promise<Reply>): Promise<Outcome<Reply>> {
  try {
    return { ok: true, reply: await asked };
  } catch (thrown) {
    return { ok: false, refusal: asRefusal(thrown) };
  }
}
