/**
 * The widths at which layouts change, px: up to `small` the smallest phones, from `tablet` a phone on its side as well, from
 * `columns` columns beside the picture, from `desk` a desk. In styles they stand as numbers, since a media query takes no
 * variable; stylelint knows no others.
 */
import widths from "./breakpoints.json";

export const BREAKPOINTS = widths;
