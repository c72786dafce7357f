/** The data sets that come with the page: their files, fetched once, when they are first needed. */

import type { Dataset } from "../generated/Dataset";

const loaded = new Map<Dataset, Promise<Uint8Array[]>>();

/**
 * The files of a data set, in the order in which the engine takes them; none of one that comes
 * without files.
 */
export function filesOf(data: Dataset): Promise<Uint8Array[]> {
  const known = loaded.get(data);
  if (known !== undefined) return known;
  const files = load(data).catch((error: unknown) => {
    loaded.delete(data);
    throw error;
  });
  loaded.set(data, files);
  return files;
}

async function load(data: Dataset): Promise<Uint8Array[]> {
  const index = (await (await found("./data.json")).json()) as Partial<Record<Dataset, { files: string[] }>>;
  const files = index[data]?.files ?? [];
  return Promise.all(files.map(async (url) => new Uint8Array(await (await found(url)).arrayBuffer())));
}

async function found(url: string): Promise<Response> {
  const answer = await fetch(url).catch(() => undefined);
  if (!answer?.ok) throw new Error(`the data could not be loaded (${url}); check the connection and try again`);
  return answer;
}
