/** Whether this page has had its person erased: their session ends with them, and that is no surprise to be told of. */
import { shallowRef } from "vue";

export const erased = shallowRef(false);
