/** Whether the reader's line is to be spared: what is not asked for is not loaded. */

interface Line {
  saveData?: boolean;
  type?: string;
  effectiveType?: string;
}

export function isThrifty(): boolean {
  const { connection } = navigator as Navigator & { connection?: Line };
  return (
    connection?.saveData === true || connection?.type === "cellular" || /2g$/.test(connection?.effectiveType ?? "")
  );
}
