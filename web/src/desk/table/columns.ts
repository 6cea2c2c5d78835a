/** A column of a table; its cells are drawn by the slot `cell-{key}`, or are the text that `text` gives. */
export interface Column<Row> {
  key: string;
  title: string;
  text?: (row: Row) => string | number;
  align?: "end";
  /** As in CSS; left out, it shares what is left. */
  width?: string;
}
