/** Which field of a form a refusal of the server is about. Pure. */
import { CODE, type Refusal } from "@shared/refusal";
import type { Fault } from "./checked";

/** The server's names of fields, and ours. */
export type Names<Field extends string> = Readonly<Record<string, Field>>;

/** Refusals that are about one field, whatever they are called there. */
const OF_A_FIELD: Readonly<Record<number, { name: string; fault: Fault }>> = {
  [CODE.roomExists]: { name: "id", fault: "taken" },
  [CODE.startInPast]: { name: "starts_at", fault: "past" },
  [CODE.productNotFound]: { name: "product", fault: "refused" },
  [CODE.personUnknown]: { name: "person", fault: "unknown" },
  [CODE.phoneInvalid]: { name: "phone", fault: "refused" },
  [CODE.unknownRegion]: { name: "region", fault: "refused" },
  [CODE.nameReserved]: { name: "name", fault: "refused" },
  [CODE.aboveStock]: { name: "units", fault: "above_stock" },
};

/** There is enough of it, but somebody has so many of them already. */
const BELOW_TAKEN: { name: string; fault: Fault } = { name: "units", fault: "below_taken" };

export function refusedField<Field extends string>(
  refusal: Pick<Refusal, "code" | "field" | "figure">,
  names: Names<Field>,
): Partial<Record<Field, Fault>> {
  const { code, field } = refusal;
  const known = code === CODE.aboveStock && refusal.figure("taken") !== null ? BELOW_TAKEN : OF_A_FIELD[code];
  const name = known?.name ?? field?.replace(/\[.*$/, "");
  const ours = name === undefined ? undefined : names[name];
  return ours === undefined ? {} : ({ [ours]: known?.fault ?? "refused" } as Partial<Record<Field, Fault>>);
}
