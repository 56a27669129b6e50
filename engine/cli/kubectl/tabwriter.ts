/**
 * Go's elastic tab stops, as kubectl prints with them: a tab ends a cell, and the cells of neighbouring lines that share a
 * column are as wide as the widest. Models text/tabwriter Writer.format with padding by spaces.
 */
export function tabwrite(text: string, { minWidth, padding }: { minWidth: number; padding: number }): string {
  const lines = text.split('\n').map((line) => line.split('\t'))
  const out = lines.map(() => '')
  align(lines, out, 0, lines.length, 0, { minWidth, padding })
  return out.join('\n')
}

type Spacing = { readonly minWidth: number; readonly padding: number }

/** Lays out the lines from `from` to `to` from column `column` on; each line's last cell is free. */
function align(
  lines: readonly string[][],
  out: string[],
  from: number,
  to: number,
  column: number,
  spacing: Spacing,
): void {
  for (let start = from; start < to; ) {
    if (column >= lines[start].length - 1) {
      out[start] += lines[start].slice(column).join('')
      start++
      continue
    }
    let end = start
    let width = spacing.minWidth
    while (end < to && column < lines[end].length - 1) {
      width = Math.max(width, lines[end][column].length + spacing.padding)
      end++
    }
    for (let i = start; i < end; i++) out[i] += lines[i][column].padEnd(width)
    align(lines, out, start, end, column + 1, spacing)
    start = end
  }
}

/** `kubectl get`: at least six wide, three apart. */
export const GET_SPACING: Spacing = { minWidth: 6, padding: 3 }
/** `kubectl describe`: two apart. */
export const DESCRIBE_SPACING: Spacing = { minWidth: 0, padding: 2 }
