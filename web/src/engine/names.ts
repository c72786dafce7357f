/** A name that nobody else's has, in this browser and in others. */
export function newName(): string {
  // Unlike a UUID, this is to be had on servers without encryption too.
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
