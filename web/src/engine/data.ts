/** The digits that networks are trained on here: fetched once, when they are first needed. */

let files: Promise<Uint8Array[]> | undefined;

/** The four files of the subset of MNIST: training images and labels, test images and labels. */
export function mnist(): Promise<Uint8Array[]> {
  files ??= load().catch((error: unknown) => {
    files = undefined;
    throw error;
  });
  return files;
}

async function load(): Promise<Uint8Array[]> {
  const index = (await (await found("./data.json")).json()) as { mnist: { files: string[] } };
  return Promise.all(index.mnist.files.map(async (url) => new Uint8Array(await (await found(url)).arrayBuffer())));
}

async function found(url: string): Promise<Response> {
  const answer = await fetch(url).catch(() => undefined);
  if (!answer?.ok) throw new Error(`the digits could not be loaded (${url}); check the connection and try again`);
  return answer;
}
