/** The places where a network can be trained: what drives them is left to the engine. */

import type { Place } from "../generated/Place";

export const CPU: Place = { device: "cpu" };
export const GPU: Place = { device: "gpu" };
