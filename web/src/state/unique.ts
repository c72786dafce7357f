/** Names that no other one has. */

/** The title, with a number behind it where others have it: nothing is replaced because of its name. */
export function uniqueTitle(title: string, others: readonly { title: string }[]): string {
  const taken = new Set(others.map((other) => other.title));
  if (!taken.has(title)) return title;
  const [, stem = title, end = ""] = title.match(/^(.*?)(\.\w+)?$/) ?? [];
  for (let number = 2; ; number++) {
    const next = `${stem} (${number})${end}`;
    if (!taken.has(next)) return next;
  }
}
