/** The training loss from the first step on, in small: it moves before anything is measured. */

import { counted, number } from "../figure/numbers";
import type { Training } from "../training/run";

const [WIDTH, HEIGHT] = [240, 36];

export function LossCurve({ now }: { now: Training }) {
  const progress = now.progress.value;
  const curve = progress?.curve ?? [];
  const last = curve.at(-1);
  if (!progress || !last || curve.length < 2) return null;
  const most = Math.max(...curve.map(({ loss }) => loss));
  const points = curve.map(({ step, loss }) => {
    const [x, y] = [(WIDTH * step) / progress.totalSteps, HEIGHT - ((HEIGHT - 3) * loss) / most];
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <div class="loss-curve">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Training loss by step: ${number(curve[0]?.loss ?? 0)} nats at first, ${number(last.loss)} now`}
      >
        <line x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        <polyline points={points.join(" ")} />
      </svg>
      <p>
        training loss of the last steps, from {number(curve[0]?.loss ?? 0)} at step {counted(curve[0]?.step ?? 0)} to{" "}
        <b>{number(last.loss)}</b> nats at step {counted(last.step)} of {counted(progress.totalSteps)}
      </p>
    </div>
  );
}
