/** Makes a passkey for who is here, and says in words what came of it. */
import { readonly, shallowRef, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { asRefusal, CODE } from "@shared/refusal";
import { useRefusalText } from "@shared/refusal-text";
import { toast } from "@kit/toast";
import { makePasskey } from "./passkeys";

export interface MakingPasskey {
  busy: Readonly<Ref<boolean>>;
  /** True: there is one more. */
  make: () => Promise<boolean>;
}

export function useMakingPasskey(): MakingPasskey {
  const { t } = useI18n();
  const refusalText = useRefusalText();
  const busy = shallowRef(false);
  return {
    busy: readonly(busy),
    async make() {
      if (busy.value) return false;
      busy.value = true;
      try {
        const made = await makePasskey();
        if (made === "made") toast(t("shared.passkey.made"), { tone: "good" });
        else toast(t(made === "here" ? "shared.passkey.here" : "shared.passkey.notMade"), { tone: "bad" });
        return made === "made";
      } catch (thrown) {
        // Who would rather not prove who they are knows that.
        if (asRefusal(thrown).code !== CODE.cancelled) toast(refusalText(thrown), { tone: "bad" });
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}
