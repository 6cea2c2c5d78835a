/**
 * The widths at which layouts change, px. In styles they stand as numbers, since a media query takes no variable; stylelint
 * knows no others (stylelint.config.js).
 */
export const BREAKPOINTS = {
  /** Up to here: the smallest phones. */
  small: 359,
  /** From here: a tablet, or a phone on its side. */
  tablet: 600,
  /** From here: columns beside the picture. */
  columns: 1000,
  /** From here: a desk. */
  desk: 1240,
} as const;
