/**
 * What a sample looks like, with its players: which interaction joins which, and what a mask keeps.
 */

import type { SampleView } from "../generated/SampleView";
import { Cloud } from "./cloud";
import type { ContentProps } from "./content-props";
import { Picture } from "./picture";
import { Words } from "./words";

/** A sample as it looks. */
export function Content({ view, ...props }: Omit<ContentProps<unknown>, "content" | "players"> & { view: SampleView }) {
  const { content, players } = view;
  switch (content.type) {
    case "picture":
      return <Picture content={content} players={players} {...props} />;
    case "text":
      return <Words content={content} players={players} {...props} />;
    case "cloud":
      return <Cloud content={content} players={players} {...props} />;
  }
}

/** Whether the content's own players are buttons, so that no others are needed beside it. */
export function hasButtons(view: SampleView): boolean {
  return view.content.type === "text";
}
