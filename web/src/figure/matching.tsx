/**
 * Universal matching: outputs on all masks, sorted, under what the strongest interactions explain of
 * them.
 */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Filling, type Inside, LETTERS, Names, path, roomAbove, roomFor, type Size, Values } from "./axes";
import { counted } from "./numbers";
import { linear, type Scale } from "./scale";
import { COLOURS, resolved, theme } from "./theme";

export interface MatchedMask {
  rank: number;
  mask: number;
  output: number;
  explained: number;
}

/** Masks by the network's output, lowest first. */
export function ranked(outputs: number[], explained: number[]): MatchedMask[] {
  return outputs
    .map((output, mask) => ({ mask, output, explained: explained[mask] ?? NaN }))
    .sort((a, b) => a.output - b.output)
    .map((point, rank) => ({ rank, ...point }));
}

/** Room for the axis’ title. */
const BELOW = 2.2 * LETTERS;
const TITLE = "log-odds (nats)";

interface MatchingProps {
  label: string;
  points: MatchedMask[];
  /** The mask that is told term by term. */
  chosen: number | undefined;
  /** Called with the position of a mask that is pointed at. */
  onRank: (rank: number) => void;
}

export function MatchingDrawing({ label, points, chosen, onRank }: MatchingProps) {
  const scale: { now?: Scale } = useRef({}).current;
  return (
    <Filling
      label={label}
      class="matching-plot"
      first={{ width: 640, height: 270 }}
      onPointer={(x) => scale.now && onRank(Math.min(points.length - 1, Math.max(0, Math.round(scale.now.invert(x)))))}
    >
      {(size) => <Inner points={points} chosen={chosen} size={size} scale={scale} />}
    </Filling>
  );
}

function Inner({
  points,
  chosen,
  size: { width, height },
  scale,
}: Omit<MatchingProps, "label" | "onRank"> & { size: Size; scale: { now?: Scale } }) {
  const { x, y, inside, line } = useMemo(() => laidOut(points, width, height), [points, width, height]);
  scale.now = x;
  const dots = useDots(points, x, y, inside);
  const mark = chosen === undefined ? undefined : points.find(({ mask }) => mask === chosen);
  return (
    <>
      <Values scale={y} inside={inside} title={TITLE} />
      <Names at={[]} inside={inside} title={`all ${counted(points.length)} masked versions, by the network’s output`} />
      {dots && <image href={dots} x={inside.left} y={0} width={inside.right - inside.left} height={height} />}
      <path d={line} fill="none" stroke={COLOURS.ink} stroke-width={2} />
      {mark && (
        <>
          <line
            x1={x.at(mark.rank)}
            x2={x.at(mark.rank)}
            y1={inside.top}
            y2={inside.bottom}
            stroke={COLOURS.accent}
            stroke-width={1.5}
          />
          {Number.isFinite(mark.explained) && (
            <circle
              cx={x.at(mark.rank)}
              cy={y.at(mark.explained)}
              r={5}
              fill="none"
              stroke={COLOURS.accent}
              stroke-width={2}
            />
          )}
        </>
      )}
    </>
  );
}

function laidOut(points: MatchedMask[], width: number, height: number) {
  let [low, high] = [Infinity, -Infinity];
  for (const { output, explained } of points) {
    low = Math.min(low, output, Number.isFinite(explained) ? explained : output);
    high = Math.max(high, output, Number.isFinite(explained) ? explained : output);
  }
  const [top, bottom] = [roomAbove(TITLE), height - BELOW];
  const y = linear([low, high], [bottom, top], 5);
  const inside = { left: roomFor(y), right: width - 4, top, bottom };
  const last = Math.max(1, points.length - 1);
  const unit = (inside.right - inside.left) / last;
  const x: Scale = {
    at: (rank) => inside.left + rank * unit,
    invert: (place) => (place - inside.left) / unit,
    ticks: [],
    format: String,
  };
  // More points than pixels are not seen.
  const stride = Math.max(1, Math.floor(points.length / (2 * width)));
  const seen = points.filter(({ rank }) => rank % stride === 0 || rank === last);
  return { x, y, inside, line: path(seen.map(({ rank, output }) => [x.at(rank), y.at(output)])) };
}

/** Pixels of the picture for one of the page. */
const FINE = 2;

/** All dots as one picture: sixty-five thousand circles of their own would hold the page for long. */
function useDots(points: MatchedMask[], x: Scale, y: Scale, inside: Inside): string | undefined {
  const [picture, setPicture] = useState<string>();
  // A picture keeps the colours that it was made with.
  const colours = theme.value;
  useEffect(() => {
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, (inside.right - inside.left) * FINE);
    canvas.height = (inside.bottom + BELOW) * FINE;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.scale(FINE, FINE);
    context.fillStyle = resolved(COLOURS.certified);
    context.globalAlpha = points.length > 4_096 ? 0.3 : 0.7;
    for (const { rank, explained } of points) {
      if (!Number.isFinite(explained)) continue;
      context.fillRect(x.at(rank) - inside.left - 1, y.at(explained) - 1, 2, 2);
    }
    setPicture(canvas.toDataURL());
  }, [points, x, y, colours]);
  return picture;
}
