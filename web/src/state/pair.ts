/** The two runs that are compared, by their names; where none is chosen, the page has its own choice. */

import { signal } from "@preact/signals";

export const pairOf = { first: signal<string | undefined>(undefined), second: signal<string | undefined>(undefined) };
