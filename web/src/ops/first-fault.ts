/** A form that is refused shows why: the first field with a fault comes into view and takes the focus. */
import { nextTick } from "vue";

const FIELDS = ["input:not([type=radio], [type=checkbox])", "textarea", "input"];

/** `event`: whatever sent the form. */
export async function showFirstFault(event: Event): Promise<void> {
  const form = event.target instanceof Element ? event.target.closest("form") : null;
  await nextTick();
  const row = form?.querySelector(".el-form-item.is-error");
  row?.scrollIntoView({ block: "center" });
  const field = FIELDS.map((one) => row?.querySelector<HTMLElement>(one)).find((found) => found);
  field?.focus({ preventScroll: true });
}
