/** The options of a quiz while they are typed; the right one stays the right one when another is taken away. */
import type { Ref } from "vue";

export function useOptions(options: Ref<string[]>, right: Ref<number | null>) {
  return {
    write(index: number, text: string): void {
      options.value = options.value.map((option, other) => (other === index ? text : option));
    },
    remove(index: number): void {
      options.value = options.value.filter((_, other) => other !== index);
      if (right.value === index) right.value = null;
      else if (right.value !== null && right.value > index) right.value -= 1;
    },
  };
}
