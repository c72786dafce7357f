/** The page as it is at first: written into the HTML, so that it is read before any script is there. */

import { renderToString } from "preact-render-to-string";
import { Page } from "./article/page";
import type { RunView } from "./generated/RunView";
import { runs } from "./state/runs";

/** The HTML of the page with a run at its first checkpoint. */
export function written(title: string, view: RunView): string {
  const asked = (): never => {
    throw new Error("a page that is written beforehand asks no engine");
  };
  runs.value = [{ name: view.run, title, view, live: false, fromFile: false, file: asked, engine: asked }];
  return renderToString(<Page />);
}
