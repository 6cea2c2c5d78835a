/** Hands a file to the browser, which saves it as it saves any other. */
export function offerFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser reads it after this; a minute is more than that takes.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
