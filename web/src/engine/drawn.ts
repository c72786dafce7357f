/** When the page has drawn what it was told. */

/** A drawing that is in its place is drawn once more, in its size. */
const FRAMES = 2;

/** Resolves with the frame after which nothing is left to draw; at once where nobody looks. */
export async function drawn(): Promise<void> {
  for (let frame = 0; frame < FRAMES && !document.hidden; frame++)
    await new Promise<void>((done) => requestAnimationFrame(() => setTimeout(done)));
}
