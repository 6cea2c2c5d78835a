/**
 * People found by what is typed: by name, phone number or id for who may look people up; by the number of an order of theirs, or
 * the end of the phone number that it goes to, for who may see orders; and of those that the page has, by whoever is here.
 */
import { computed, onScopeDispose, shallowReadonly, shallowRef } from "vue";
import { useI18n } from "vue-i18n";
import { call } from "@shared/api";
import type { ListedOrder, PersonRow } from "@shared/api-types";
import { usePersonName } from "@shared/person-name";
import { useRights } from "./useRights";

export interface FoundPerson {
  id: string;
  name: string;
  /** What tells them from others of that name. */
  beside: string;
}

const PAUSE_MS = 250;
const FOUND_MAX = 10;
/** Four digits or more, as numbers of orders and ends of phone numbers are typed. */
const NUMBER = /^[\d\s+()-]*(?:\d[\s+()-]*){4}$/;

/** `among`: people whom the page knows. */
export function usePeopleSearch(among: () => readonly FoundPerson[] = () => []) {
  const { t } = useI18n();
  const personName = usePersonName();
  const rights = useRights();
  const found = shallowRef<readonly FoundPerson[]>([]);
  const searching = shallowRef(false);
  const typed = shallowRef("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;

  const ofPerson = ({ id, name, phone, role }: PersonRow): FoundPerson => ({
    id,
    name: personName(name, id),
    beside: [phone, t(`staff.role.${role}`)].filter(Boolean).join(" · "),
  });
  const ofOrder = ({ person, person_name, phone, number }: ListedOrder): FoundPerson => ({
    id: person,
    name: personName(person_name, person),
    beside: [phone, number].filter(Boolean).join(" · "),
  });

  async function asked(text: string): Promise<readonly FoundPerson[]> {
    if (rights.may("see_people"))
      return (await call("GET /api/people", { query: { search: text, limit: FOUND_MAX } })).items.map(ofPerson);
    if (!rights.may("see_orders") || !NUMBER.test(text)) return [];
    const people = (await call("GET /api/orders", { query: { q: text, limit: FOUND_MAX } })).items.map(ofOrder);
    return [...new Map(people.map((one) => [one.id, one])).values()];
  }

  function search(text: string): void {
    clearTimeout(timer);
    const mine = ++round;
    typed.value = text.trim();
    searching.value = typed.value !== "";
    if (!searching.value) return void (found.value = []);
    timer = setTimeout(async () => {
      const people = await asked(typed.value).catch(() => []);
      if (mine !== round) return;
      found.value = people;
      searching.value = false;
    }, PAUSE_MS);
  }
  onScopeDispose(() => {
    round++;
    clearTimeout(timer);
  });

  return {
    /** Those that the page knows come after those that were found. */
    people: computed<readonly FoundPerson[]>(() => {
      const text = typed.value.toLowerCase();
      const known = among().filter(({ id, name }) => id === typed.value || name.toLowerCase().includes(text));
      return [...new Map([...known, ...found.value].map((one) => [one.id, one])).values()];
    }),
    searching: shallowReadonly(searching),
    search,
    hint: computed(() => {
      if (rights.may("see_people")) return t("ops.admin.people.typeToFind");
      return t(rights.may("see_orders") ? "ops.admin.people.typeNumber" : "ops.admin.people.typeId");
    }),
  };
}
