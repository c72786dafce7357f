/** A sample's picture with the patches of its players: which interaction joins which, and what a mask keeps. */

import { useEffect, useRef } from "preact/hooks";
import type { SampleView } from "../generated/SampleView";

/** Cells along one side of the grid that players are patches of. */
const GRID = 8;

/** Names of players. */
const LETTERS = "abcdefghijklmnopqrst";

/** Players of a mask by their letters. */
export function letters(mask: number): string {
  return [...LETTERS].filter((_, player) => mask & (1 << player)).join("\u2009");
}

interface PictureProps {
  view: SampleView;
  /** Players that are lit. */
  lit: number | undefined;
  /** Players that are present; all without it. */
  mask?: number | undefined;
  /** Called with a player that was clicked. */
  onPlayer?: ((player: number) => void) | undefined;
  label: string;
}

export function Picture({ view, lit, mask, onPlayer, label }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => paint(canvas.current, view, mask), [view, mask]);
  const size = view.side / GRID;
  return (
    <div class="picture" role="img" aria-label={label}>
      <canvas ref={canvas} width={view.side} height={view.side} aria-hidden="true" />
      <svg viewBox={`0 0 ${view.side} ${view.side}`} aria-hidden="true">
        {view.players.map(([row, column], player) => (
          <g key={player} class={`patch${lit !== undefined && lit & (1 << player) ? " lit" : ""}`} onClick={onPlayer && (() => onPlayer(player))}>
            <rect x={column * size} y={row * size} width={size} height={size} />
            <text x={(column + 0.5) * size} y={(row + 0.5) * size + 0.75}>
              {LETTERS[player]}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

/** Paints the picture; patches of absent players are hatched out. */
function paint(canvas: HTMLCanvasElement | null, view: SampleView, mask: number | undefined): void {
  const context = canvas?.getContext("2d");
  if (!context) return;
  const image = context.createImageData(view.side, view.side);
  for (let pixel = 0; pixel < view.side * view.side; pixel++) {
    const owner = view.owners[pixel] ?? -1;
    const absent = mask !== undefined && owner >= 0 && !(mask & (1 << owner));
    const ink = view.picture[pixel] ?? 0;
    const stripe = (Math.floor(pixel / view.side) + (pixel % view.side)) % 2 === 0 ? 96 : 76;
    const grey = absent ? stripe : ink;
    image.data.set(absent ? [grey, grey - 8, grey + 18, 255] : [grey, grey, grey, 255], pixel * 4);
  }
  context.putImageData(image, 0, 0);
}
