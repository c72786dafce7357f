/** The page: an article whose figures are alive. */

import { ignored } from "../state/settings";
import { CompareSection } from "./compare";
import { DrawSection } from "./draw";
import { Embedded } from "./embedded";
import { Evidence } from "./evidence";
import { Evolution } from "./evolution";
import { FiguresSection } from "./figures";
import { FileNotice, focusOn, OpenSection } from "./open";
import { Closing, Interactions, Opening, Plan } from "./prose";
import { Reading } from "./reading";
import { SampleSection } from "./sample";
import { Train } from "./train";
import { UniversalitySection } from "./universality";

function Ignored() {
  if (ignored.value.length === 0) return null;
  return (
    <p class="file-notice wrong" role="alert">
      Ignored in this page's address: {ignored.value.join("; ")}.
      <button
        type="button"
        class="quiet"
        aria-label="Dismiss"
        onClick={() => {
          ignored.value = [];
          focusOn(".tab[aria-pressed=true], .tab.open");
        }}
      >
        ×
      </button>
    </p>
  );
}

/** All of it, or the figure alone, for slides and blogs. */
export function Page({ embedded = false }: { embedded?: boolean }) {
  if (embedded) return <Embedded />;
  return (
    <>
      <a class="skip" href="#figure">
        Skip to the figure
      </a>
      <main>
        <div class="stage">
          <Opening />
          <div id="figure">
            <Evolution />
          </div>
          <div class="beside">
            <Plan />
            <Evidence />
            <Reading />
            <Train />
          </div>
        </div>
        <Interactions />
        <SampleSection />
        <DrawSection />
        <FiguresSection />
        <CompareSection />
        <UniversalitySection />
        <OpenSection />
      </main>
      <Closing />
      <div class="notices">
        <Ignored />
        <FileNotice />
      </div>
    </>
  );
}
