/** A picture with the patches of its players. */

import { useEffect, useRef } from "preact/hooks";
import type { ContentView } from "../generated/ContentView";
import type { ContentProps } from "./content-props";

type PictureContent = Extract<ContentView, { type: "picture" }>;

/** Side of the drawing, in the units of its lines and letters. */
const SIDE = 28;

export function Picture({ content, players, lit, mask, onPlayer, label }: ContentProps<PictureContent>) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => paint(canvas.current, content, mask), [content, mask]);
  const patch = SIDE / content.grid;
  return (
    <div class="picture" role="img" aria-label={label}>
      <canvas ref={canvas} width={content.side} height={content.side} />
      <svg viewBox={`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">
        {content.players.map(([row, column], player) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: buttons beside it are for the keyboard.
          <g
            key={player}
            class={`patch${lit !== undefined && lit & (1 << player) ? " lit" : ""}`}
            onClick={onPlayer && (() => onPlayer(player))}
          >
            <rect x={column * patch} y={row * patch} width={patch} height={patch} />
            <text x={(column + 0.5) * patch} y={(row + 0.5) * patch + 0.75}>
              {players[player]}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

/** Paints the picture; patches of absent players are hatched out. */
function paint(
  canvas: HTMLCanvasElement | null,
  { side, channels, pixels, owners }: PictureContent,
  mask: number | undefined,
): void {
  const context = canvas?.getContext("2d");
  if (!context) return;
  const image = context.createImageData(side, side);
  for (let pixel = 0; pixel < side * side; pixel++) {
    const owner = owners[pixel] ?? -1;
    const absent = mask !== undefined && owner >= 0 && !(mask & (1 << owner));
    const [red, green, blue] = absent ? hatching(pixel, side) : colour(pixels, pixel * channels, channels);
    image.data.set([red, green, blue, 255], pixel * 4);
  }
  context.putImageData(image, 0, 0);
}

type Colour = [number, number, number];

function colour(pixels: Uint8Array, at: number, channels: number): Colour {
  const value = (channel: number): number => pixels[at + Math.min(channel, channels - 1)] ?? 0;
  return [value(0), value(1), value(2)];
}

/** Stripes as wide as a unit of the drawing. */
function hatching(pixel: number, side: number): Colour {
  const width = Math.max(1, Math.round(side / SIDE));
  const stripe = Math.floor((Math.floor(pixel / side) + (pixel % side)) / width) % 2 === 0 ? 96 : 76;
  return [stripe, stripe - 8, stripe + 18];
}
