/** A picture in two sizes, as uploads have it. Pure. */
export interface Pictured {
  small: string;
  large: string;
  /** px. */
  smallWidth: number;
  largeWidth: number;
}

/** For <img srcset>; a browser takes the one that fills the place on its screen. */
export function srcsetOf({ small, large, smallWidth, largeWidth }: Pictured): string | undefined {
  return small === large ? undefined : `${small} ${smallWidth}w, ${large} ${largeWidth}w`;
}
