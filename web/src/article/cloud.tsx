/** A cloud of points that is turned by hand; players are clusters of its points. */

import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { type Theme, theme } from "../figure/theme";
import type { ContentView } from "../generated/ContentView";
import type { ContentProps } from "./content-props";
import { means, type Point, points, project, type Seen, type Turn } from "./projection";

type CloudContent = Extract<ContentView, { type: "cloud" }>;

/** Pixels along one side of the canvas: twice what it is shown at. */
const SIDE = 480;
/** Radius of the unit ball on it. */
const RADIUS = 0.4 * SIDE;
/** Pixels of the screen that a finger may move within a click. */
const STILL = 4;
/** Radians for a key, and for a pixel of the screen. */
const KEY = Math.PI / 18;
const DRAG = 0.012;

/** How clouds are turned: all alike, so that what a mask does is seen from the same side. */
const turn = signal<Turn>({ yaw: 0.6, pitch: 0.45 });

function turnBy(yaw: number, pitch: number): void {
  const most = Math.PI / 2;
  turn.value = { yaw: turn.value.yaw + yaw, pitch: Math.min(most, Math.max(-most, turn.value.pitch + pitch)) };
}

const KEYS: Record<string, [number, number]> = {
  ArrowLeft: [-KEY, 0],
  ArrowRight: [KEY, 0],
  ArrowUp: [0, -KEY],
  ArrowDown: [0, KEY],
};

/** What is drawn of a cloud. */
interface Scene {
  content: CloudContent;
  players: string[];
  points: Point[];
  means: (Point | undefined)[];
  lit: number | undefined;
  mask: number | undefined;
}

export function Cloud({ content, players, lit, mask, onPlayer, label }: ContentProps<CloudContent>) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scene = useScene(content, players, lit, mask);
  const [now, colours] = [turn.value, theme.value];
  useEffect(() => draw(canvas.current, scene, now, colours), [scene, now, colours]);
  const drag = useDrag((x, y) => {
    const player = onPlayer && playerAt(scene, now, x, y);
    if (player !== undefined) onPlayer?.(player);
  });
  const degrees = (angle: number): number => Math.round((angle * 180) / Math.PI);
  const turned = ((degrees(now.yaw) % 360) + 360) % 360;
  return (
    <div
      class="cloud"
      role="slider"
      tabIndex={0}
      aria-label={`${label}. Arrow keys turn it`}
      aria-valuemin={0}
      aria-valuemax={360}
      aria-valuenow={turned}
      aria-valuetext={`turned by ${turned} degrees, tilted by ${degrees(now.pitch)}`}
      title="Drag, or press arrow keys, to turn it"
      onKeyDown={(event) => {
        const by = KEYS[event.key];
        if (!by) return;
        event.preventDefault();
        turnBy(...by);
      }}
      {...drag}
    >
      <canvas ref={canvas} width={SIDE} height={SIDE} />
    </div>
  );
}

function useScene(content: CloudContent, players: string[], lit: number | undefined, mask: number | undefined): Scene {
  const placed = useMemo(() => {
    const all = points(content.points);
    return { points: all, means: means(all, content.owners, players.length) };
  }, [content, players]);
  return useMemo(() => ({ content, players, lit, mask, ...placed }), [placed, lit, mask]);
}

/**
 * Handlers that turn the cloud, and that tell of clicks, in units of the ball's radius from the
 * middle.
 */
function useDrag(onClick: (x: number, y: number) => void) {
  const last = useRef<{ x: number; y: number; moved: number } | undefined>(undefined);
  return {
    onPointerDown(event: PointerEvent): void {
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      last.current = { x: event.clientX, y: event.clientY, moved: 0 };
    },
    onPointerMove(event: PointerEvent): void {
      const before = last.current;
      if (!before || event.buttons === 0) return;
      const [x, y] = [event.clientX - before.x, event.clientY - before.y];
      last.current = { x: event.clientX, y: event.clientY, moved: before.moved + Math.hypot(x, y) };
      turnBy(x * DRAG, y * DRAG);
    },
    onPointerUp(event: PointerEvent): void {
      const still = (last.current?.moved ?? STILL) < STILL;
      last.current = undefined;
      if (!still) return;
      const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
      const unit = (box.width * RADIUS) / SIDE;
      onClick((event.clientX - box.left - box.width / 2) / unit, (event.clientY - box.top - box.height / 2) / unit);
    },
  };
}

function isAbsent({ mask }: Scene, player: number): boolean {
  return mask !== undefined && player >= 0 && !(mask & (1 << player));
}

/**
 * The player whose point, or whose mean where it is absent, lies nearest to a place; none where
 * none is near.
 */
function playerAt(scene: Scene, turn: Turn, x: number, y: number): number | undefined {
  let [best, least]: [number | undefined, number] = [undefined, 0.12];
  scene.points.forEach((point, index) => {
    const player = scene.content.owners[index] ?? -1;
    if (player < 0) return;
    const seen = project(isAbsent(scene, player) ? (scene.means[player] ?? point) : point, turn);
    const distance = Math.hypot(seen.x - x, seen.y - y);
    if (distance < least) [best, least] = [player, distance];
  });
  return best;
}

/** Colours of clusters that are told apart next to each other; letters tell them apart as well. */
const HUES = [207, 24, 145, 285, 45, 330, 185, 5, 95, 255];

function colourOf(player: number, near: number, { lit }: Scene, { dark }: Theme): string {
  if (player < 0) return dark ? `hsl(220 6% ${38 + 12 * near}%)` : `hsl(220 6% ${72 - 10 * near}%)`;
  const isLit = lit !== undefined && (lit & (1 << player)) !== 0;
  if (isLit) return dark ? "#ffd24a" : "#d99a00";
  const [hue, light] = [HUES[player % HUES.length] ?? 0, (dark ? 58 : 47) + (dark ? 10 : -10) * near];
  return `hsl(${hue} ${lit === undefined ? 65 : 38}% ${light}%)`;
}

/** Draws the cloud, far points first. */
function draw(canvas: HTMLCanvasElement | null, scene: Scene, turn: Turn, colours: Theme): void {
  const context = canvas?.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, SIDE, SIDE);
  const seen = scene.points.map((point, index) => ({
    ...project(point, turn),
    player: scene.content.owners[index] ?? -1,
  }));
  const present = seen.filter(({ player }) => !isAbsent(scene, player)).sort((a, b) => a.near - b.near);
  for (const point of present) {
    context.fillStyle = colourOf(point.player, point.near, scene, colours);
    dot(context, point, point.player < 0 ? 3.4 : 5 + 1.4 * point.near).fill();
  }
  for (const [player, mean] of scene.means.entries()) {
    if (mean) mark(context, project(mean, turn), player, scene, colours);
  }
}

function dot(context: CanvasRenderingContext2D, { x, y }: Seen, radius: number): CanvasRenderingContext2D {
  context.beginPath();
  context.arc(SIDE / 2 + x * RADIUS, SIDE / 2 + y * RADIUS, radius, 0, 2 * Math.PI);
  return context;
}

/** A cluster's letter at its mean; of an absent one the mean that all of its points are at. */
function mark(context: CanvasRenderingContext2D, at: Seen, player: number, scene: Scene, colours: Theme): void {
  if (isAbsent(scene, player)) {
    context.strokeStyle = context.fillStyle = colours.faint;
    context.lineWidth = 2;
    dot(context, at, 15).stroke();
    dot(context, at, 4).fill();
    return;
  }
  context.font = "600 26px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 6;
  context.lineJoin = "round";
  const place = [SIDE / 2 + at.x * RADIUS, SIDE / 2 + at.y * RADIUS] as const;
  context.strokeStyle = colours.paper;
  context.strokeText(scene.players[player] ?? "", ...place);
  context.fillStyle = colours.ink;
  context.fillText(scene.players[player] ?? "", ...place);
}
