/**
 * Compiled engines. Each is compiled once, beside the page's thread, and all workers share the code:
 * a training starts three of them at once, and what one has made fast is fast in all.
 */

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** What a worker makes its engine from: the compiled module, or its address where that did not work here. */
export async function moduleOf(url: string): Promise<WebAssembly.Module | string> {
  const module = compiled.get(url) ?? compile(url);
  compiled.set(url, module);
  try {
    return await module;
  } catch {
    // The worker tries by itself, and says what is wrong.
    compiled.delete(url);
    return url;
  }
}

async function compile(url: string): Promise<WebAssembly.Module> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} could not be loaded`);
  // Servers that do not name the type of a module are taken as well.
  const isNamed = answer.headers.get("Content-Type") === "application/wasm";
  return isNamed ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
}
