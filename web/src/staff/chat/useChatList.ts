/**
 * The chat of a moderator's list. It stands still under a hand (useStill) and when it was scrolled back, and goes on by itself
 * after that. Drawn at most 2.5 times a second, and not at all while out of sight.
 */
import {
  nextTick,
  onActivated,
  onDeactivated,
  onScopeDispose,
  shallowRef,
  watch,
  type Ref,
  type ShallowRef,
} from "vue";
import { useEventListener } from "@vueuse/core";
import { CHATS_MAX } from "@shared/room";
import type { ChatLine } from "@shared/wire";
import { useStill, type Still } from "../useStill";

/** Between two drawings. A reader notices no difference, and a phone that encodes video has the time. */
const DRAW_MS = 400;
/** This near to the end counts as being there. */
const NEAR_PX = 60;

export interface ChatList extends Omit<Still<ChatLine>, "renew"> {
  /** It is at its end, and moves with it. */
  following: Readonly<ShallowRef<boolean>>;
  /** To the newest line, even under the pointer. */
  goOn: () => void;
}

/** Lines leave at the top when there are many; that is not deleting. */
const isOld = (line: ChatLine, now: readonly ChatLine[]): boolean =>
  now.length >= CHATS_MAX && line.ts < (now[0]?.ts ?? 0);

/** `held`: something else keeps it still, e.g. a sheet about one of its lines. */
export function useChatList(
  lines: Readonly<ShallowRef<readonly ChatLine[]>>,
  list: Readonly<Ref<HTMLElement | null>>,
  held: () => boolean = () => false,
): ChatList {
  const drawn = shallowRef(lines.value);
  const following = shallowRef(true);
  const { stands, shown, renew, listeners } = useStill(drawn, { held: () => !following.value || held(), isOld });
  let active = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const outOfSight = (): boolean => !active || document.visibilityState === "hidden";

  function draw(): void {
    clearTimeout(timer);
    timer = undefined;
    drawnAt = performance.now();
    drawn.value = lines.value;
  }

  /** In time, if anybody sees it. */
  function ask(): void {
    if (outOfSight()) return;
    timer ??= setTimeout(
      () => {
        timer = undefined;
        if (!outOfSight()) draw();
      },
      Math.max(0, drawnAt + DRAW_MS - performance.now()),
    );
  }

  function toEnd(): void {
    if (list.value && following.value) list.value.scrollTop = list.value.scrollHeight;
  }

  function onScroll(): void {
    const element = list.value;
    if (element) following.value = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
  }

  watch(lines, ask);
  watch([shown, list], () => !stands.value && toEnd(), { flush: "post", immediate: true });
  onActivated(() => {
    active = true;
    draw();
    // A list that was out of the document has forgotten where it was.
    void nextTick(toEnd);
  });
  onDeactivated(() => (active = false));
  useEventListener(document, "visibilitychange", ask);
  onScopeDispose(() => clearTimeout(timer));

  return {
    shown,
    stands,
    following,
    listeners: { ...listeners, scroll: onScroll },
    goOn() {
      following.value = true;
      draw();
      renew();
      void nextTick(toEnd);
    },
  };
}
