/** Sections that load what they need when they come near the screen. */

import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * Whether a section has been near the screen: only then is loaded what it needs. What takes a while is loaded
 * `atKeys`, as soon as a reader walks through the page by Tab: a keyboard is there before its controls otherwise.
 */
export function useNear(atKeys = false): { place: RefObject<HTMLElement | null>; near: Signal<boolean> } {
  const place = useRef<HTMLElement>(null);
  const near = useSignal(false);
  useEffect(() => {
    if (!place.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        near.value = true;
        observer.disconnect();
      },
      { rootMargin: "600px" },
    );
    observer.observe(place.current);
    const walk = (event: KeyboardEvent): void => {
      if (event.key === "Tab") near.value = true;
    };
    if (atKeys) addEventListener("keydown", walk);
    return () => {
      observer.disconnect();
      removeEventListener("keydown", walk);
    };
  }, []);
  return { place, near };
}
