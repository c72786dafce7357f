// The worker around a build of Spindle's engine: told once where it lies, then the engine itself
// listens.
const loaded = async ({ data: { script, wasm } }) => {
  const engine = await import(script);
  await engine.default({ module_or_path: wasm });
  engine.serve();
  postMessage("loaded");
};
addEventListener("message", loaded, { once: true });
// An error in an async listener would pass in silence.
addEventListener("unhandledrejection", ({ reason }) => reportError(reason));
