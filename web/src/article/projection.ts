/** A cloud of points as it is seen from where the reader has turned it. */

/** How a cloud is turned, radians. */
export interface Turn {
  /** Around the upright axis. */
  yaw: number;
  /** Towards the reader. */
  pitch: number;
}

/** A point on the screen: within the unit disc, and how near it is, from -1 (far) to 1 (near). */
export interface Seen {
  x: number;
  y: number;
  near: number;
}

/** Distance of the eye from the middle of the unit ball. */
const EYE = 4;

/** Where a point is seen; y is up in the cloud and down on the screen. */
export function project([x, y, z]: readonly [number, number, number], { yaw, pitch }: Turn): Seen {
  const across = x * Math.cos(yaw) + z * Math.sin(yaw);
  const along = z * Math.cos(yaw) - x * Math.sin(yaw);
  const up = y * Math.cos(pitch) - along * Math.sin(pitch);
  const near = along * Math.cos(pitch) + y * Math.sin(pitch);
  const scale = EYE / (EYE - near);
  return { x: across * scale, y: -up * scale, near };
}

export type Point = [number, number, number];

/** Points from their coordinates one after another. */
export function points(coordinates: number[]): Point[] {
  const found: Point[] = [];
  for (let at = 0; at + 2 < coordinates.length; at += 3)
    found.push([coordinates[at] ?? 0, coordinates[at + 1] ?? 0, coordinates[at + 2] ?? 0]);
  return found;
}

/** Mean of the points of every player; of a player without points none. */
export function means(points: Point[], owners: number[], players: number): (Point | undefined)[] {
  return Array.from({ length: players }, (_, player) => {
    const own = points.filter((_, index) => owners[index] === player);
    if (own.length === 0) return undefined;
    const mean = (axis: 0 | 1 | 2): number => own.reduce((sum, point) => sum + point[axis], 0) / own.length;
    return [mean(0), mean(1), mean(2)];
  });
}
