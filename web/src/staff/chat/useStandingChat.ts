/**
 * The chat of a moderator's list. It stands still while the pointer rests on it, a finger holds it, the keyboard is in it, or it
 * was scrolled back, and goes on by itself after that. Drawn at most 2.5 times a second, and not at all while out of sight.
 */
import { computed, nextTick, onActivated, onDeactivated, onScopeDispose, shallowReadonly, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import type { ChatLine } from "@shared/wire";
import { deletedOf, waitingCount } from "./standing";

/** Between two drawings. A reader notices no difference, and a phone that encodes video has the time. */
const DRAW_MS = 400;
/** This near to the end counts as being there. */
const NEAR_PX = 60;

export interface StandingChat {
  shown: Readonly<ShallowRef<readonly ChatLine[]>>;
  /** Those of them that were deleted while it stood. */
  deleted: ComputedRef<ReadonlySet<string>>;
  /** It stands still now. */
  stands: ComputedRef<boolean>;
  /** Lines that came since it stands. */
  waiting: ComputedRef<number>;
  /** For v-on of the list. */
  listeners: Record<string, (event: Event) => void>;
  /** To the newest line, even under the pointer. */
  goOn: () => void;
}

/** `held`: something else keeps it still, e.g. a sheet about one of its lines. */
export function useStandingChat(lines: Readonly<ShallowRef<readonly ChatLine[]>>, list: Readonly<Ref<HTMLElement | null>>, held: () => boolean = () => false): StandingChat {
  const shown = shallowRef(lines.value);
  const [over, touched, inside, following, active] = [shallowRef(false), shallowRef(false), shallowRef(false), shallowRef(true), shallowRef(true)];
  const stands = computed(() => over.value || touched.value || inside.value || !following.value || held());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const outOfSight = (): boolean => !active.value || document.visibilityState === "hidden";

  function draw(): void {
    clearTimeout(timer);
    timer = undefined;
    drawnAt = performance.now();
    if (shown.value !== lines.value) shown.value = lines.value;
    void nextTick(() => {
      if (list.value && following.value) list.value.scrollTop = list.value.scrollHeight;
    });
  }

  /** In time, if it may. */
  function ask(): void {
    if (stands.value || outOfSight()) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!stands.value && !outOfSight()) draw();
    }, Math.max(0, drawnAt + DRAW_MS - performance.now()));
  }

  function onScroll(): void {
    const element = list.value;
    if (element) following.value = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
  }

  watch(lines, ask);
  watch(stands, (now) => !now && ask());
  watch(list, () => draw(), { flush: "post" });
  onActivated(() => {
    active.value = true;
    // A list that was out of the document has forgotten where it was.
    draw();
  });
  onDeactivated(() => {
    active.value = over.value = touched.value = inside.value = false;
  });
  document.addEventListener("visibilitychange", ask);
  onScopeDispose(() => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", ask);
  });

  const isMouse = (event: Event): boolean => (event as PointerEvent).pointerType === "mouse";
  return {
    shown: shallowReadonly(shown),
    deleted: computed(() => deletedOf(shown.value, lines.value)),
    stands,
    waiting: computed(() => (stands.value ? waitingCount(shown.value, lines.value) : 0)),
    listeners: {
      scroll: onScroll,
      pointerenter: (event) => (over.value = isMouse(event)),
      pointerleave: () => (over.value = touched.value = false),
      pointerdown: (event) => (touched.value = !isMouse(event)),
      pointerup: () => (touched.value = false),
      pointercancel: () => (touched.value = false),
      // By the keyboard: a tap that leaves the focus somewhere is no reason to stop.
      focusin: (event) => (inside.value = (event.target as HTMLElement).matches(":focus-visible")),
      focusout: () => (inside.value = false),
    },
    goOn() {
      following.value = true;
      draw();
    },
  };
}
