/** What every kind of content is drawn from. */
export interface ContentProps<Content> {
  content: Content;
  /** Names of the players. */
  players: string[];
  /** Players that are lit. */
  lit: number | undefined;
  /** Players that are present; all without it. */
  mask?: number | undefined;
  /** Called with a player that was clicked. */
  onPlayer?: ((player: number) => void) | undefined;
  label: string;
}
