/** A column of a table; its cells are drawn by the slot `cell-{key}`, or are the text that `text` gives. */
export interface Column<Row> {
  key: string;
  title: string;
  /** What its cells have in common, below the title: the zone of times. */
  note?: string | null;
  text?: (row: Row) => string | number;
  align?: "end";
  /** As in CSS; left out, it shares what is left. */
  width?: string;
}
