import Table from "cli-table3";

/** Plain borders of spaces: the output is read by people and by grep. */
const PLAIN = {
  chars: {
    ...Object.fromEntries(
      ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"].map(
        (name) => [name, ""],
      ),
    ),
    ...Object.fromEntries(
      ["left", "left-mid", "mid", "mid-mid", "right", "right-mid"].map((name) => [name, ""]),
    ),
    middle: "  ",
  },
  style: { "padding-left": 0, "padding-right": 0, head: ["bold"], border: [] },
};

/** Columns under a head, without lines: read by people and by grep. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const style = process.stdout.isTTY ? PLAIN.style : { ...PLAIN.style, head: [] };
  const lines = new Table({ chars: PLAIN.chars, style, head: [...head] });
  lines.push(...rows.map((row) => [...row]));
  return lines.toString().replaceAll(/ +$/gm, "");
}

/** Names and values, one a line. */
export function pairs(values: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(values).map(({ length }) => length)) + 2;
  return Object.entries(values)
    .map(([name, value]) => `${name.padEnd(width)}${value}`)
    .join("\n");
}
