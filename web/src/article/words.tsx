/** A text whose words are players. */

import type { ContentView } from "../generated/ContentView";
import type { Segment } from "../generated/Segment";
import type { ContentProps } from "./content-props";

type TextContent = Extract<ContentView, { type: "text" }>;

/** What the network is given for a word that is absent. */
const MASK = "[MASK]";

export function Words({ content, lit, mask, onPlayer, label }: ContentProps<TextContent>) {
  return (
    <div class="words" role="group" aria-label={label}>
      {content.lines.map((line, index) => (
        <p key={index}>
          {line.map((segment, at) =>
            segment.player < 0 ? (
              segment.text
            ) : (
              <Word key={at} segment={segment} lit={lit} mask={mask} onPlayer={onPlayer} />
            ),
          )}
        </p>
      ))}
    </div>
  );
}

function Word({
  segment: { text, player },
  lit,
  mask,
  onPlayer,
}: { segment: Segment } & Pick<ContentProps<TextContent>, "lit" | "mask" | "onPlayer">) {
  const present = mask === undefined || (mask & (1 << player)) !== 0;
  const names = `word${lit !== undefined && lit & (1 << player) ? " lit" : ""}${present ? "" : " absent"}`;
  if (!onPlayer) return <span class={names}>{present ? text : MASK}</span>;
  return (
    <button
      type="button"
      class={names}
      aria-pressed={present}
      aria-label={present ? undefined : `${MASK} for ${text}`}
      title={present ? `Mask “${text}”` : `Show “${text}” again`}
      onClick={() => onPlayer(player)}
    >
      {present ? text : MASK}
    </button>
  );
}
