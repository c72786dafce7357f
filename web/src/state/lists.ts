/** Short lists in the browser's storage. A browser that keeps nothing has empty ones. */

export function readList(place: string): unknown[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(place) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** Keeps the last ones of a list, `most` of them. */
export function writeList(place: string, list: readonly unknown[], most: number): void {
  try {
    localStorage.setItem(place, JSON.stringify(list.slice(-most)));
  } catch {
    // It is forgotten with the page.
  }
}
