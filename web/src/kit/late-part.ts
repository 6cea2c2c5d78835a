/**
 * Parts of a page that are loaded when they are first shown:
 *
 *     const CartSheet = latePart(() => import("./CartSheet.vue"));
 *
 * One that does not come is asked for again by itself, after waits that grow, at once when the network is back or somebody opens
 * it; and whoever waits for it is told, with a way to ask now. A sheet (`open`, or a model) is waited for while it is open, anything
 * else while it is there. After several tries it may be of a version that is no more: then the way on is to load the page anew.
 */
import { computed, defineComponent, h, onScopeDispose, shallowRef, watch, type Component } from "vue";
import { useI18n } from "vue-i18n";
import { noAnswer, type Refusal } from "@shared/refusal";
import { askUntilHad } from "@shared/until-had";
import { toast } from "./toast";

/** By then it is not the network. */
const TRIES_OLD = 4;

export function latePart<Part extends Component>(load: () => Promise<{ default: Part }>): Part {
  const part = shallowRef<Part | null>(null);
  let asking: Promise<void> | null = null;

  /** Wherever it is shown, it is asked for once at a time. */
  function ask(): Promise<void> {
    asking ??= load()
      .then(
        ({ default: found }) => void (part.value = found),
        () => undefined,
      )
      .finally(() => (asking = null));
    return asking;
  }

  const late = defineComponent({
    inheritAttrs: false,
    props: { open: { type: Boolean, default: undefined }, modelValue: { type: Boolean, default: undefined } },
    setup(props, { attrs, slots }) {
      const { t } = useI18n({ useScope: "global" });
      const wanted = computed(() => props.open ?? props.modelValue ?? true);
      const missing = shallowRef<Refusal | null>(null);
      let tries = 0;
      let told = false;
      let gone = false;

      async function attempt(): Promise<void> {
        if (part.value) return;
        await ask();
        if (gone) return;
        missing.value = part.value ? null : noAnswer();
        if (part.value) return;
        if (++tries === TRIES_OLD) told = false;
        if (wanted.value && !told) tell();
      }

      function tell(): void {
        told = true;
        const isOld = tries >= TRIES_OLD && navigator.onLine;
        toast(t(isOld ? "shared.part.old" : "shared.part.failed"), {
          tone: "bad",
          action: isOld
            ? { text: t("shared.broken.reload"), run: () => location.reload() }
            : { text: t("shared.action.retry"), run: again },
        });
      }

      function again(): void {
        told = false;
        void attempt();
      }

      onScopeDispose(() => (gone = true));
      askUntilHad(() => missing.value, attempt);
      watch(wanted, (now) => now && again());
      void attempt();

      return () => {
        if (!part.value) return null;
        const { open, modelValue } = props;
        const given = {
          ...attrs,
          ...(open === undefined ? {} : { open }),
          ...(modelValue === undefined ? {} : { modelValue }),
        };
        return h(part.value, given, slots);
      };
    },
  });
  return late as unknown as Part;
}
